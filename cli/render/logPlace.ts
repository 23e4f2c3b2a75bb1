/**
 * Where the log of an invocation is, short enough for a line, of its address in the console; the address itself is in --json. One
 * that looks otherwise is shown as it is.
 */
export function logPlace(address: string): string {
  const [, group, request] = /#logsV2:log-groups\/log-group\/([^/]+)\/log-events\/.*\$3D([^/]+)$/.exec(address) ?? [];
  if (group === undefined || request === undefined) return address;
  return `${plain(group)}, request ${plain(request).replaceAll('"', '')}`;
}

/** The console has it encoded twice, with $ for %. */
function plain(text: string): string {
  try {
    return decodeURIComponent(decodeURIComponent(text.replaceAll('$', '%')));
  } catch {
    return text;
  }
}

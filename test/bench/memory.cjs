'use strict';
// Loaded into the measured process by NODE_OPTIONS: says on stderr how much memory it has taken at most, whenever that has grown.
let said = 0;
setInterval(() => {
  const { maxRSS } = process.resourceUsage(); // kilobytes
  if (maxRSS < said + 512) return;
  said = maxRSS;
  process.stderr.write(`{"maxRssKb":${maxRSS}}\n`);
}, 250).unref();

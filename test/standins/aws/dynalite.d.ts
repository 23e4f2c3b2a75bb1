/** dynalite 4.0.0 ships no types. Options: https://github.com/architect/dynalite#programmatically */
declare module 'dynalite' {
  import type { Server } from 'node:http';
  export default function dynalite(options: { createTableMs: number }): Server;
}

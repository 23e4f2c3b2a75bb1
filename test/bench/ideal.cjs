'use strict';
// The least that can be sent over K connections, in a process of its own, as the function is. Plain JavaScript, so that nothing
// but the driver is loaded into it.
const { createConnection } = require('mysql2/promise');

async function prepare({ connection, connections, alter, pipelines }) {
  const open = await Promise.all(Array.from({ length: connections }, () => createConnection(connection)));
  const all = async (command) => {
    const queue = pipelines.values();
    const serve = async (one) => {
      for (const pipeline of queue) await one.query(`${command} ${pipeline}`);
    };
    await Promise.all(open.map(serve));
  };
  process.on('message', async () => {
    await all('STOP PIPELINE');
    await open[0].query(alter);
    await all('START PIPELINE');
    process.send('done');
  });
  process.send('ready');
}

process.once('message', prepare);

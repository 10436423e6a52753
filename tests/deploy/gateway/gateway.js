#!/usr/bin/env node
// The HTTP part of the gateway for Node.js 18, without packages: what tests deploy where the artifact is a script.
//   gateway.js --http 3000 [--listen ADDRESS] [--version-file FILE] [--config FILE] [--grace SECONDS] [--idle-grace-ms N]
'use strict';
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');

const options = { listen: '::', grace: '30', 'idle-grace-ms': '1000', 'version-file': path.join(__dirname, 'version') };
for (let i = 2; i < process.argv.length; i += 2) {
  const name = process.argv[i].replace(/^--/, '');
  if (!['http', 'listen', 'version-file', 'config', 'grace', 'idle-grace-ms'].includes(name) || i + 1 === process.argv.length) {
    console.error(`gateway: '${process.argv[i]}' is no option, or has no value`);
    process.exit(64);
  }
  options[name] = process.argv[i + 1];
}

const firstLine = (file) => fs.readFileSync(file, 'utf8').split('\n')[0];
const version = fs.existsSync(options['version-file']) ? firstLine(options['version-file']) : '1.0';
const configuration = options.config && firstLine(options.config);
const credential = () => {
  try {
    fs.accessSync(path.join(process.env.CREDENTIALS_DIRECTORY || '', 'token'), fs.constants.R_OK);
    return process.env.CREDENTIALS_DIRECTORY ? 'present' : 'absent';
  } catch { return 'absent'; }
};

let stopping = false;
function answer(response, status, body) {
  if (response.destroyed) return;
  if (stopping) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

const texts = { '/health': () => 'ok', '/version': () => version, '/credential': credential,
  '/greeting': () => process.env.GATEWAY_GREETING, '/config': () => configuration };
const server = http.createServer((request, response) => {
  const [pathname, query] = request.url.split('?');
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    if (request.method === 'POST' && pathname === '/echo') return answer(response, 200, Buffer.concat(pieces));
    if (request.method !== 'GET') return answer(response, 404, 'not found');
    if (pathname === '/slow') {
      const time = Number(/^ms=(\d+)$/.exec(query)?.[1] ?? NaN);
      if (!(time <= 60000)) return answer(response, 400, '/slow?ms=N, at most 60000');
      return setTimeout(() => answer(response, 200, 'slow'), time);
    }
    const text = Object.hasOwn(texts, pathname) ? texts[pathname]() : undefined;
    return answer(response, text === undefined ? 404 : 200, text ?? 'not found');
  });
});
server.keepAliveTimeout = 0; // an idle connection is the load balancer's to close, which knows whether it is about to use it

process.once('SIGTERM', () => {
  stopping = true;
  // Not http's own close(), which from Node.js 19 on ends idle connections at once: a last request may be on its way.
  net.Server.prototype.close.call(server, () => process.exit(0));
  setTimeout(() => server.closeIdleConnections(), Number(options['idle-grace-ms']));
  setTimeout(() => process.exit(0), Number(options.grace) * 1000);
});
server.on('error', (error) => { console.error(`gateway: ${error.message}`); process.exit(1); });
server.listen(Number(options.http), options.listen, () => console.error(`gateway ${version}: listens, http ${options.http}`));

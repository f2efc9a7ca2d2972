// Loaded before the Observatory (node --import). Redirects its connections to ports 80 and 443 of any host to HTTP_PORT
// and HTTPS_PORT of 127.0.0.1, and rejects connections to other ports. So the test needs neither a DNS entry for
// shop.test nor root to listen on these ports.
import net from "node:net";

const ports = { 80: process.env.HTTP_PORT, 443: process.env.HTTPS_PORT };
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  if (!ports[options.port]) throw new Error(`no connection to ${options.host}:${options.port} is allowed here`);
  Object.assign(options, { host: "127.0.0.1", port: Number(ports[options.port]) });
  return connect.apply(this, args);
};

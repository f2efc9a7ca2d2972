// Loaded before the Observatory (node --import): its connections to ports 80 and 443 of whatever host go to HTTP_PORT and HTTPS_PORT
// of this machine, and no others are made. Names of hosts need not be known then, and no root rights are needed.
import net from "node:net";

const ports = { 80: process.env.HTTP_PORT, 443: process.env.HTTPS_PORT };
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  if (!ports[options.port]) throw new Error(`no connection to ${options.host}:${options.port} is allowed here`);
  Object.assign(options, { host: "127.0.0.1", port: Number(ports[options.port]) });
  return connect.apply(this, args);
};

import { BlockList, isIP, isIPv4 } from 'node:net';

/** https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry */
const special = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carriers' NAT, and what clouds put there: Alibaba's metadata service
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's own services to a virtual machine, at a public address
  ['169.254.0.0', 16], // link-local, with the metadata service of every cloud
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  special.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['2001::', 23], // protocol assignments; Teredo among them, which carries IPv4 addresses
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: an IPv4 address in disguise
  ['3fff::', 20],
] as const)
  special.addSubnet(network, bits, 'ipv6');

/** All other IPv6 is not global unicast: loopback, ULA, link-local, IPv4-mapped, NAT64, multicast. */
const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

/** The host of a URL when it is an address: WHATWG URLs have turned every way to write one into the usual one. */
export const addressIn = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
};

/** Whether an address is one of the public internet, and not somebody's own machine, network or cloud. */
export const isPublic = (address: string): boolean => {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  const bare = address.split('%', 1)[0] ?? '';
  return isIP(bare) === 6 && global.check(bare, 'ipv6') && !special.check(bare, 'ipv6');
};

/** Whether a URL's host is this machine, by its name or address. */
export const isLoopback = (hostname: string): boolean =>
  /(^|\.)localhost\.?$/i.test(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '[::1]';

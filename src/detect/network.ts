import type { Check, Detector } from './detector.ts';

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
/** Not part of a longer number, version or object identifier. */
const IPV4 = String.raw`(?<![\p{L}\p{N}_.-])(?<![A-Za-z]\/|(?:[vV]ersion|[rR]elease|[sS]ection|[cC]hapter|[cC]lause|§)[ :=]{1,2})${OCTET}(?:\.${OCTET}){3}(?![\p{L}\p{N}_]|[.-][0-9])`;

/** Addresses that belong to nobody: RFC 6890 §2.2.2, "this host", loopback, broadcast, and masks of networks. */
const isHost: Check = {
  name: 'host',
  holds: (address) => !/^(?:0|127|255)\./.test(address),
};

/** RFC 4291 §2.2, where it is found first: two colons with no more than four hex digits before either. */
const IPV6 = String.raw`(?<![\p{L}\p{N}_:.])(?:[0-9A-Fa-f]{1,4}(?=:)|(?=::))[0-9A-Fa-f:]{1,38}(?:[0-9A-Fa-f]|::|(?<=:)${OCTET}(?:\.${OCTET}){3})(?![\p{L}\p{N}_]|:[0-9A-Fa-f:]|\.[0-9])`;

const isIpv6: Check = {
  name: 'ipv6',
  holds(address) {
    const text = address.replace(/(?:[0-9]+\.){3}[0-9]+$/, '0:0');
    // Words of hex letters with two colons between them are names in a program: `Dead::Beef`.
    if (!/[0-9]/.test(address) || text === '::1' || text === '::') return false;
    const halves = text.split('::');
    if (halves.length > 2) return false;
    const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
    if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
    return halves.length === 2 ? groups.length >= 2 && groups.length <= 7 : groups.length === 8;
  },
};

/** IEEE 802: six octets or eight (EUI-64), all with the same sign between them. Fingerprints of keys have more. */
const MAC = String.raw`(?<![0-9A-Za-z_]|[0-9A-Fa-f][:-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?:\1[0-9A-Fa-f]{2}\1[0-9A-Fa-f]{2})?(?![0-9A-Za-z_]|[:-][0-9A-Fa-f])`;
/** As Cisco writes it. */
const MAC_IN_THREE = String.raw`(?<![0-9A-Za-z_.-])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![0-9A-Za-z_-]|\.[0-9A-Za-z])`;

const isMac: Check = {
  name: 'mac_address',
  holds: (address) => /[1-9A-Ea-e]/.test(address),
};

const MAC_IN_ONE = String.raw`(?<![0-9A-Za-z_-])[0-9A-Fa-f]{12}(?![0-9A-Za-z_-])`;

/** An address of IPv6 may end in one of IPv4, and one of eight octets looks like IPv6: the longer ones come first. */
export const NETWORK_DETECTORS: readonly Detector[] = [
  { category: 'mac_address', triggers: ['#octets'], pattern: new RegExp(MAC, 'dg'), check: isMac },
  { category: 'mac_address', triggers: ['#token'], pattern: new RegExp(MAC_IN_THREE, 'dg'), check: isMac },
  {
    category: 'mac_address',
    pattern: new RegExp(MAC_IN_ONE, 'dg'),
    check: isMac,
    context: ['mac', 'mac address', 'bssid', 'hwaddr', 'macaddr'],
  },
  { category: 'ipv6', triggers: ['#colons'], pattern: new RegExp(IPV6, 'dgu'), check: isIpv6 },
  { category: 'ipv4', triggers: ['#ipv4'], pattern: new RegExp(IPV4, 'dgu'), check: isHost },
];

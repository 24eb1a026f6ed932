/**
 * Base64 that has one spelling for each value: what decodes and encodes again to another text is rejected, so that no
 * bit of an encoded signature or root can be flipped without changing the bytes. Works without Node's `Buffer`.
 */

/** Standard alphabet with padding (RFC 4648 §4); `undefined` for anything but the canonical spelling. */
export function decodeBase64(text: string): Uint8Array | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  // atob forgives white space, missing padding and stray trailing bits: only the round trip tells.
  if (btoa(binary) !== text) return undefined;
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Standard alphabet with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Two digits for each byte: hashes of every line go through here. */
const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const HEX_CODES: Uint8Array = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Lower-case hexadecimal. */
export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index++) text += HEX_OF_BYTE[bytes[index] as number];
  return text;
}

/** Whether a text is the lower-case hexadecimal of some bytes: without writing it. */
export function isHexOf(text: string, bytes: Uint8Array): boolean {
  if (text.length !== 2 * bytes.length) return false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (
      text.charCodeAt(2 * index) !== HEX_CODES[byte >> 4] ||
      text.charCodeAt(2 * index + 1) !== HEX_CODES[byte & 15]
    ) {
      return false;
    }
  }
  return true;
}

/** Whether two byte strings are the same. Not for secrets: the time depends on the content. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** URL-safe alphabet without padding (RFC 4648 §5); `undefined` for anything but the canonical spelling. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return decodeBase64(standard.padEnd(Math.ceil(text.length / 4) * 4, '='));
}

/** URL-safe alphabet without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

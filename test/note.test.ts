import { createHash, createHmac } from 'node:crypto';

import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { fc } from './fast-check.ts';
import { describe, expect, it } from 'vitest';

import { encodeHex } from '../src/base64.ts';
import { nodePrimitives } from '../src/node-primitives.ts';
import {
  ed25519Verifier,
  formatNote,
  hmacVerifier,
  isKeyName,
  keyIdText,
  parseNote,
  parseVkey,
  vkeyVerifier,
  type NoteVerifier,
  type SignedNote,
} from '../src/note.ts';
import { portablePrimitives } from '../src/verify/primitives.ts';
import { bitFlips, decodeUtf8, testKey } from './ed25519-key.ts';
import { isSignedBy } from './signed-by.ts';

const utf8 = new TextEncoder();

const NAME = 'example.com/log';
const key = testKey('the key of the log');
const verifier = ed25519Verifier(nodePrimitives, NAME, key.publicKey);
const secret = Buffer.from('thirty-two bytes, shared secret.');

/** c2sp.org/signed-note: SHA-256(name ‖ 0x0A ‖ type ‖ key)[:4], written down apart from the code. */
function keyIdOf(name: string, material: Uint8Array): Buffer {
  return createHash('sha256').update(name).update('\n').update(material).digest().subarray(0, 4);
}

function vkeyOf(name: string, material: Uint8Array): string {
  return `${name}+${keyIdOf(name, material).toString('hex')}+${Buffer.from(material).toString('base64')}`;
}

function ed25519VkeyOf(name: string, publicKey: Uint8Array): string {
  return vkeyOf(name, Uint8Array.from([0x01, ...publicKey]));
}

function signed(text: string): SignedNote {
  return { text, signatures: [{ name: NAME, keyId: verifier.keyId, signature: key.sign(text) }] };
}

const TEXT = 'example.com/log/20261123T093000Z-0123456789abcdef\n3\nw4 ≤ 7\n';
const NOTE = formatNote(signed(TEXT));
const [SIGNATURE_LINE = ''] = NOTE.split('\n').slice(-2);

describe('names of keys', () => {
  it.each(['example.com/log', 'a', '-', 'ключ', '\u{1F511}', 'a.b~c_d/e', 'a\u200bb'])('%j can name a key', (name) => {
    expect(isKeyName(name)).toBe(true);
  });

  // All of Unicode's White_Space, and the byte-order mark.
  const spaces = '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';
  it.each([
    '',
    '+',
    'a+b',
    '\ud800',
    ...Array.from(`${spaces}\u2028\u2029\u202f\u205f\u3000\ufeff`, (space) => `a${space}b`),
  ])('%j can not', (name) => {
    expect(isKeyName(name)).toBe(false);
    expect(() => ed25519Verifier(nodePrimitives, name, key.publicKey)).toThrow(TypeError);
    expect(() => hmacVerifier(nodePrimitives, name, secret)).toThrow(TypeError);
    expect(parseVkey(nodePrimitives, ed25519VkeyOf(name, key.publicKey))).toBeUndefined();
    expect(parseNote(`text\n\n— ${name} ${Buffer.alloc(68).toString('base64')}\n`)).toBeUndefined();
  });
});

describe('Ed25519 keys', () => {
  it('have the id and the vkey of c2sp.org/signed-note', () => {
    const material = Uint8Array.from([0x01, ...key.publicKey]);
    expect(verifier).toMatchObject({ name: NAME, kind: 'ed25519', vkey: vkeyOf(NAME, material) });
    expect(encodeHex(verifier.keyId)).toBe(keyIdOf(NAME, material).toString('hex'));
    expect(keyIdText(verifier)).toBe(`${NAME}+${keyIdOf(NAME, material).toString('hex')}`);
  });

  it.each([
    ['node:crypto', nodePrimitives],
    ['noble', portablePrimitives],
  ])('check signatures with %s', (_, primitives) => {
    const by = vkeyVerifier(primitives, verifier.vkey);
    const [message, signature] = [utf8.encode(TEXT), key.sign(TEXT)];
    expect(by.verify(message, signature)).toBe(true);
    expect(by.verify(utf8.encode(`${TEXT}\n`), signature)).toBe(false);
    expect(by.verify(message, testKey('another').sign(TEXT))).toBe(false);
    for (const bytes of [signature.subarray(1), Uint8Array.from([...signature, 0]), new Uint8Array(0)]) {
      expect(by.verify(message, bytes)).toBe(false);
    }
  });

  it('that are no point on the curve check nothing and throw nothing', () => {
    // y = 2 has no x.
    const noPoint = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 2 : 0));
    for (const primitives of [nodePrimitives, portablePrimitives]) {
      const by = ed25519Verifier(primitives, NAME, noPoint);
      expect(by.verify(utf8.encode(TEXT), key.sign(TEXT))).toBe(false);
      expect(by.verify(utf8.encode(TEXT), new Uint8Array(64))).toBe(false);
    }
  });

  const FIELD_PRIME = 2n ** 255n - 19n;
  const littleEndian = (y: bigint, sign: number): string => {
    const bytes = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
    bytes[31] = (bytes[31] ?? 0) | sign;
    return bytes.toString('hex');
  };
  const yOf = (hex: string): bigint => {
    const bytes = Buffer.from(hex, 'hex').reverse();
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    return BigInt(`0x${bytes.toString('hex')}`);
  };
  // The points of order 1, 2, 4 and 8 from noble, each with both signs of x; and every second spelling p + y.
  const smallOrder = ED25519_TORSION_SUBGROUP.flatMap((hex) => [0, 0x80].map((sign) => littleEndian(yOf(hex), sign)));
  const notCanonical = Array.from({ length: 19 }, (_, y) => y).flatMap((y) =>
    [0, 0x80].map((sign) => littleEndian(FIELD_PRIME + BigInt(y), sign)),
  );

  it('of small order or not canonically encoded are refused', () => {
    const weak = new Set([...ED25519_TORSION_SUBGROUP, ...smallOrder, ...notCanonical]);
    expect([ED25519_TORSION_SUBGROUP.length, new Set(smallOrder).size, new Set(notCanonical).size]).toEqual([
      8, 10, 38,
    ]);
    for (const hex of weak) {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
      expect(() => ed25519Verifier(nodePrimitives, NAME, bytes), hex).toThrow(/small order or not canonical/);
      expect(() => vkeyVerifier(nodePrimitives, ed25519VkeyOf(NAME, bytes)), hex).toThrow(TypeError);
    }
    console.log(`Ed25519: ${weak.size} weak keys refused`);
  });

  it('next to those are not refused', () => {
    for (const hex of [littleEndian(FIELD_PRIME - 2n, 0), littleEndian(FIELD_PRIME - 2n, 0x80), littleEndian(3n, 0)]) {
      expect(() => ed25519Verifier(nodePrimitives, NAME, Buffer.from(hex, 'hex'))).not.toThrow();
    }
  });

  it.each([0, 31, 33, 64])('of %d bytes are refused', (length) => {
    const bytes = new Uint8Array(length).fill(5);
    expect(() => ed25519Verifier(nodePrimitives, NAME, bytes)).toThrow(TypeError);
    expect(() => vkeyVerifier(nodePrimitives, ed25519VkeyOf(NAME, bytes))).toThrow(TypeError);
  });
});

describe('vkeys', () => {
  const names = fc.string({ unit: 'binary', minLength: 1 }).filter(isKeyName);

  it('read back as what they were written from', () => {
    fc.assert(
      fc.property(names, fc.uint8Array({ minLength: 2, maxLength: 64 }), (name, material) => {
        const vkey = vkeyOf(name, material);
        const parsed = parseVkey(nodePrimitives, vkey);
        if (parsed === undefined) expect.unreachable(vkey);
        expect([parsed.name, parsed.type]).toEqual([name, material[0]]);
        expect(encodeHex(parsed.key)).toBe(encodeHex(material.subarray(1)));
        expect(encodeHex(parsed.keyId)).toBe(keyIdOf(name, material).toString('hex'));
      }),
    );
    expect(vkeyVerifier(nodePrimitives, verifier.vkey).vkey).toBe(verifier.vkey);
    // As read from a file that ends with a line feed.
    expect(vkeyVerifier(nodePrimitives, ` ${verifier.vkey}\n`).vkey).toBe(verifier.vkey);
  });

  it('with any flipped bit are refused', () => {
    let flips = 0;
    for (const bytes of bitFlips(utf8.encode(verifier.vkey))) {
      flips++;
      const vkey = decodeUtf8(bytes);
      if (vkey !== undefined) expect(parseVkey(nodePrimitives, vkey), vkey).toBeUndefined();
    }
    expect(flips).toBe(verifier.vkey.length * 8);
  });

  const [name, id, encoded] = [NAME, encodeHex(verifier.keyId), verifier.vkey.slice(NAME.length + 10)];
  it.each([
    ['the key id of another key', `${name}+${encodeHex(testKeyId('another'))}+${encoded}`],
    ['the key id in upper case', `${name}+${id.toUpperCase()}+${encoded}`],
    ['a short key id', `${name}+${id.slice(1)}+${encoded}`],
    ['no name', `+${id}+${encoded}`],
    ['no key', `${name}+${id}+`],
    ['two parts', `${name}+${id}`],
    ['a space', `${name}+${id}+ ${encoded}`],
    ['a line feed inside', `${name}+${id}+${encoded.slice(0, 8)}\n${encoded.slice(8)}`],
    ['base64 without padding', vkeyOf(NAME, Uint8Array.of(1, 2)).replaceAll('=', '')],
    ['base64 with stray bits', vkeyOf(NAME, Uint8Array.of(1)).replace('AQ==', 'AR==')],
    ['base64 of other letters', vkeyOf(NAME, Uint8Array.of(1, 0xfb, 0xff)).replace('Afv/', 'Afv_')],
    ['a type without a key', vkeyOf(NAME, Uint8Array.of(1))],
    ['nothing', ''],
  ])('with %s are refused', (_, vkey) => {
    expect(parseVkey(nodePrimitives, vkey)).toBeUndefined();
    expect(() => vkeyVerifier(nodePrimitives, vkey)).toThrow(TypeError);
  });

  it.each([0x00, 0x02, 0x04, 0x05, 0xff])('of type %d are read, but check no Ed25519 note', (type) => {
    const vkey = vkeyOf(NAME, Uint8Array.from([type, ...key.publicKey]));
    expect(parseVkey(nodePrimitives, vkey)?.type).toBe(type);
    expect(() => vkeyVerifier(nodePrimitives, vkey)).toThrow(/not Ed25519/);
  });

  function testKeyId(text: string): Uint8Array {
    return ed25519Verifier(nodePrimitives, NAME, testKey(text).publicKey).keyId;
  }
});

describe('shared keys', () => {
  it.each([
    ['node:crypto', nodePrimitives],
    ['noble', portablePrimitives],
  ])('derive id and vkey as docs/format.md section 2 says, with %s', (_, primitives) => {
    const check = createHmac('sha256', secret).update('spanseal/hmac-sha256 key check').digest();
    const material = Buffer.concat([Buffer.of(0xff), Buffer.from('spanseal/hmac-sha256'), check]);
    const shared = hmacVerifier(primitives, NAME, secret);
    expect(shared).toMatchObject({ name: NAME, kind: 'shared', vkey: vkeyOf(NAME, material) });
    expect(encodeHex(shared.keyId)).toBe(keyIdOf(NAME, material).toString('hex'));

    const parsed = parseVkey(primitives, shared.vkey);
    expect(parsed?.type).toBe(0xff);
    expect(() => vkeyVerifier(primitives, shared.vkey)).toThrow(/shared key/);
    // The vkey is public: the secret stands nowhere in it.
    expect(Buffer.from(shared.vkey).includes(secret)).toBe(false);
    expect(material.includes(secret)).toBe(false);
  });

  it.each([
    ['node:crypto', nodePrimitives],
    ['noble', portablePrimitives],
  ])('check HMAC-SHA256 of the text, with %s', (_, primitives) => {
    const by = hmacVerifier(primitives, NAME, secret);
    const message = Buffer.from(TEXT);
    const tag = Uint8Array.from(createHmac('sha256', secret).update(message).digest());
    expect(by.verify(message, tag)).toBe(true);
    for (const flipped of bitFlips(tag)) expect(by.verify(message, flipped)).toBe(false);
    for (const bytes of [tag.subarray(0, 31), tag.subarray(0, 0), Uint8Array.from([...tag, 0])]) {
      expect(by.verify(message, bytes)).toBe(false);
    }
    expect(by.verify(message.subarray(1), tag)).toBe(false);
    expect(hmacVerifier(primitives, NAME, Uint8Array.from([...secret, 0x21])).verify(message, tag)).toBe(false);
  });

  it('have at least 32 bytes', () => {
    expect(() => hmacVerifier(nodePrimitives, NAME, secret.subarray(0, 31))).toThrow(/31 bytes/);
    expect(() => hmacVerifier(nodePrimitives, NAME, new Uint8Array(0))).toThrow(TypeError);
    expect(hmacVerifier(nodePrimitives, NAME, secret.subarray(0, 32)).kind).toBe('shared');
  });
});

describe('signed notes', () => {
  const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => one >= ' ');
  const lines = fc
    .array(fc.string({ unit: character }), { minLength: 1, maxLength: 6 })
    .map((list) => list.map((line) => `${line}\n`).join(''));
  const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength, maxLength });
  const notes: fc.Arbitrary<SignedNote> = fc.record({
    text: lines,
    signatures: fc.array(
      fc.record({
        name: fc.string({ unit: character, minLength: 1 }).filter(isKeyName),
        keyId: bytes(4),
        signature: bytes(1, 80),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  });

  it('read back as what they were written from', () => {
    fc.assert(
      fc.property(notes, (note) => {
        expect(parseNote(formatNote(note))).toEqual(note);
      }),
    );
  });

  it('are written as they were read, if they are read at all', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom('\n', '\n\n', '— ', ' ', '=', 'A', '/', '+', '\r', '—'),
    );
    let read = 0;
    fc.assert(
      fc.property(notes, fc.array(edit, { maxLength: 2 }), (note, edits) => {
        const text = edits.reduce((before, [anywhere, removed, inserted]) => {
          const at = anywhere % (before.length + 1);
          return before.slice(0, at) + inserted + before.slice(at + removed);
        }, formatNote(note));
        const parsed = parseNote(text);
        if (parsed === undefined) return;
        read++;
        expect(formatNote(parsed)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('never throw, whatever the text', () => {
    const pieces = fc.constantFrom('\n', '\n\n', '— ', 'a', ' ', 'AAAAAAA=', '\ud800', '\u0000', '+');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (text) => {
          const parsed = parseNote(text);
          if (parsed !== undefined) expect(formatNote(parsed)).toBe(text);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('may hold empty lines and characters of any language', () => {
    const text = '\n\nЖурнал\n\n記録 \u{1F4DC}\n\n';
    const parsed = parseNote(formatNote(signed(text)));
    expect(parsed?.text).toBe(text);
    if (parsed !== undefined) expect(isSignedBy(parsed, verifier)).toBe(true);
  });

  const encoded = SIGNATURE_LINE.split(' ')[2] ?? '';
  const noteWith = (lines: string): string => `${TEXT}\n${lines}`;
  it.each([
    ['an empty text', ''],
    ['no blank line', TEXT + SIGNATURE_LINE + '\n'],
    ['no signature line', noteWith('')],
    ['no last line feed', NOTE.slice(0, -1)],
    ['a blank line behind', `${NOTE}\n`],
    ['a blank line between', noteWith(`${SIGNATURE_LINE}\n\n`)],
    ['CRLF', NOTE.replaceAll('\n', '\r\n')],
    ['one CRLF', NOTE.replace('\n', '\r\n')],
    ['a carriage return behind the signature', noteWith(`${SIGNATURE_LINE}\r\n`)],
    ['a tab', NOTE.replace('w4', 'w\t4')],
    ['NUL', NOTE.replace('w4', 'w\u00004')],
    ['a lone surrogate', NOTE.replace('w4', 'w\ud8004')],
    ['a byte-order mark before the dash', noteWith(`\ufeff${SIGNATURE_LINE}\n`)],
    ['a hyphen for the dash', noteWith(`- ${NAME} ${encoded}\n`)],
    ['an en dash for the dash', noteWith(`– ${NAME} ${encoded}\n`)],
    ['no space behind the dash', noteWith(`—${NAME} ${encoded}\n`)],
    ['two spaces', noteWith(`— ${NAME}  ${encoded}\n`)],
    ['a no-break space', noteWith(`—\u00a0${NAME} ${encoded}\n`)],
    ['a space behind', noteWith(`— ${NAME} ${encoded} \n`)],
    ['a space in the name', noteWith(`— example com ${encoded}\n`)],
    ['a plus in the name', noteWith(`— example+com ${encoded}\n`)],
    ['no name', noteWith(`— ${encoded}\n`)],
    ['no signature', noteWith(`— ${NAME}\n`)],
    ['no padding', noteWith(`— ${NAME} ${encoded.slice(0, -1)}\n`)],
    ['too much padding', noteWith(`— ${NAME} ${encoded}=\n`)],
    ['stray bits', noteWith(`— ${NAME} AAAAAAB=\n`)],
    ['the URL alphabet', noteWith(`— ${NAME} AAAAAA-_\n`)],
    ['a key id alone', noteWith(`— ${NAME} AAAAAA==\n`)],
    ['less than a key id', noteWith(`— ${NAME} AAAA\n`)],
    ['a strange line behind', noteWith(`${SIGNATURE_LINE}\nstrange\n`)],
    ['101 signatures', noteWith(`${SIGNATURE_LINE}\n`.repeat(101))],
    ['more than a million characters', `${'x'.repeat(1_000_000)}\n${NOTE}`],
  ])('with %s are rejected', (_, note) => {
    expect(parseNote(note)).toBeUndefined();
  });

  it('may have 100 signatures', () => {
    expect(parseNote(noteWith(`${SIGNATURE_LINE}\n`.repeat(100)))?.signatures.length).toBe(100);
    expect(parseNote(noteWith('— a AAAAAAA=\n'))?.signatures.length).toBe(1);
  });

  it.each<[string, NoteVerifier, (text: string) => Uint8Array]>([
    ['Ed25519', verifier, key.sign],
    [
      'HMAC-SHA256',
      hmacVerifier(nodePrimitives, NAME, secret),
      (text) => createHmac('sha256', secret).update(text).digest(),
    ],
  ])('with any flipped bit are rejected or not signed: %s', (what, by, sign) => {
    const note = formatNote({ text: TEXT, signatures: [{ name: NAME, keyId: by.keyId, signature: sign(TEXT) }] });
    const counts = { 'not UTF-8': 0, malformed: 0, 'not signed': 0 };
    const verdict = (text: string | undefined): keyof typeof counts | 'accepted' => {
      if (text === undefined) return 'not UTF-8';
      const parsed = parseNote(text);
      if (parsed === undefined) return 'malformed';
      expect(formatNote(parsed)).toBe(text);
      return isSignedBy(parsed, by) ? 'accepted' : 'not signed';
    };
    expect(verdict(note)).toBe('accepted');
    for (const bytes of bitFlips(utf8.encode(note))) {
      const answer = verdict(decodeUtf8(bytes));
      if (answer === 'accepted') expect.unreachable(`accepted: ${decodeUtf8(bytes)}`);
      counts[answer]++;
    }
    console.log(`Signed notes: flipped bits of a note, ${what}: ${JSON.stringify(counts)}`);
  });
});

describe('whose signature it is', () => {
  const other = testKey('another');
  const otherVerifier = ed25519Verifier(nodePrimitives, 'example.com/other', other.publicKey);
  const good = { name: NAME, keyId: verifier.keyId, signature: key.sign(TEXT) };
  const bad = { ...good, signature: other.sign(TEXT) };
  const witness = { name: otherVerifier.name, keyId: otherVerifier.keyId, signature: other.sign(TEXT) };

  it.each([
    ['the key', [good], true],
    ['nobody', [], false],
    ['the key and another', [witness, good], true],
    ['another alone', [witness], false],
    ['the key, over another text', [{ ...good, signature: key.sign(`${TEXT}\n`) }], false],
    ['the key, under another name', [{ ...good, name: 'example.com/other' }], false],
    ['the key, under another id', [{ ...good, keyId: otherVerifier.keyId }], false],
    ['another, under the name and id of the key', [bad], false],
    // An unknown key of the same name or of the same id is ignored; a false signature of the key spoils the note.
    ['the key, and an unknown one of its name', [{ ...bad, keyId: otherVerifier.keyId }, good], true],
    ['the key, and an unknown one of its id', [{ ...bad, name: 'example.com/other' }, good], true],
    ['the key, and falsely so before', [bad, good], false],
    ['the key, and falsely so behind', [good, bad], false],
    ['the key, twice', [good, good], true],
  ])('%s', (_, signatures, answer) => {
    expect(isSignedBy({ text: TEXT, signatures }, verifier)).toBe(answer);
  });
});

import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';

import { canonicalBytes } from '../canonical.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { JsonValue } from '../json.ts';
import { isTooDeep } from '../verify/json.ts';
import { catalogueDocument, frameworks } from './catalogue.ts';
import { catalogueProblems, checkFramework, MAX_CATALOGUE_BYTES, MAX_FRAMEWORKS, MAX_PROBLEMS } from './document.ts';
import type { Framework } from './framework.ts';
import { isOverlay, overlaid, type Overlay } from './overlay.ts';
import { closed, type Hint, isObject, itemsOf, listOf, type Place, placeText, type Say, show, text } from './shape.ts';

/** The version of the file's own shape, its `v`. */
const CONTROLS_FILE_VERSION = 1;

/** A place in a controls file that is wrong. Lines and columns are counted from 1. */
export interface ControlsProblem {
  readonly line: number;
  readonly column: number;
  /** Such as `overlays[0].controls[2].id`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, and what to do. */
  readonly what: string;
}

/** What a controls file holds: frameworks of one's own, and those of the catalogue that it changes. */
export type ControlsReading =
  | { readonly ok: true; readonly version: string; readonly frameworks: readonly Framework[] }
  | { readonly ok: false; readonly problems: readonly ControlsProblem[] };

/**
 * Reads a controls file: `{ "v": 1, "version": "…", "frameworks": […], "overlays": […] }`, strict JSON without comments.
 *
 * `frameworks` are whole ones in the shape of the catalogue, under ids that the catalogue does not have. An overlay gives
 * the framework that it names, under its id, with both versions: `<version> + <version of the overlay>`. Several are laid
 * over each other in the order of the file.
 *
 * Total: what is wrong is reported with its line, at most 100 places; a file of more than {@link MAX_CATALOGUE_BYTES} is
 * not read.
 */
export function readControlsFile(source: string): ControlsReading {
  const places = new Places(source);
  if (source.length > MAX_CATALOGUE_BYTES) {
    return places.refused([[0, '', `has ${source.length} characters, more than ${MAX_CATALOGUE_BYTES}; split it`]]);
  }
  if (isTooDeep(source)) return places.refused([[0, '', 'nests too deep for a controls file']]);
  const errors: ParseError[] = [];
  const root = parseTree(source, errors, { disallowComments: true });
  const value = errors.length === 0 ? parsed(source) : undefined;
  if (root === undefined || value === undefined) {
    const found = errors.map(({ error, offset }) => [offset, '', syntaxText(printParseErrorCode(error))] as const);
    return places.refused(found.length > 0 ? found : [[0, '', 'is no JSON']]);
  }
  const found: (readonly [number, string, string])[] = [...repeatedMembers(root, [])];
  const say: Say = (at, what, hint = {}) => {
    if (found.length >= MAX_PROBLEMS) return;
    found.push([offsetOf(root, at, hint), placeText('', at), `${what}${adviceOf(what, hint)}`]);
  };
  const read = frameworksOf(value, say);
  if (found.length === 0 && read !== undefined) for (const problem of sumProblems(read.frameworks)) say([], problem);
  return found.length > 0 || read === undefined ? places.refused(found) : { ok: true, ...read };
}

/** `JSON.parse` has the last word on what is JSON, and makes a member of `__proto__`. */
function parsed(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}

function frameworksOf(
  value: unknown,
  say: Say,
): { readonly version: string; readonly frameworks: readonly Framework[] } | undefined {
  // What has its shape is looked into further, also where something else in the file has not.
  const own = new Map<string, Framework>();
  const overlays: (readonly [Place, Overlay])[] = [];
  const file = closed(
    value,
    [],
    say,
    {
      v: (version, at) => {
        if (version !== CONTROLS_FILE_VERSION) say(at, `must be ${CONTROLS_FILE_VERSION}`);
      },
      version: text,
    },
    {
      frameworks: listOf((framework, at, tell) => {
        if (isFramework(framework, at, tell)) own.set(framework.id, framework);
      }, MAX_FRAMEWORKS),
      overlays: listOf((overlay, at, tell) => {
        if (isOverlay(overlay, at, tell)) overlays.push([at, overlay]);
      }, MAX_FRAMEWORKS),
    },
  );
  const names = checkNames(itemsOf(isObject(value) ? value['frameworks'] : undefined), say);
  for (const [at, overlay] of overlays) {
    const name = overlay.framework;
    const base = baseOf(name, own);
    if (base !== undefined) {
      own.set(base.id, overlaid(base, overlay, at, say));
    } else if (!names.includes(name)) {
      const candidates = [...names, ...frameworks().map(({ id }) => id)];
      say([...at, 'framework'], `no framework is named ${show(name)}`, { given: name, candidates });
    }
  }
  return file === undefined ? undefined : { version: file['version'] as string, frameworks: [...own.values()] };
}

function isFramework(value: unknown, at: Place, say: Say): value is Framework {
  let whole = true;
  checkFramework(value, at, (place, what, hint) => {
    whole = false;
    say(place, what, hint);
  });
  return whole;
}

/** As it stands after the overlays before. */
function baseOf(name: string, result: ReadonlyMap<string, Framework>): Framework | undefined {
  const isMeant = ({ id, aliases }: Framework): boolean => id === name || aliases?.includes(name) === true;
  return [...result.values(), ...frameworks()].find(isMeant);
}

/** A framework of one's own under a name of the catalogue would pass for that of the catalogue. Returns the names. */
function checkNames(own: readonly unknown[], say: Say): readonly string[] {
  const taken = new Set<unknown>();
  const known = new Set<unknown>(frameworks().flatMap(({ id, aliases = [] }) => [id, ...aliases]));
  for (const [index, framework] of own.entries()) {
    if (!isObject(framework)) continue;
    const at: Place = ['frameworks', index];
    for (const name of [framework['id'], ...itemsOf(framework['aliases'])]) {
      const hint = typeof name === 'string' ? { given: name } : {};
      if (known.has(name)) {
        say(at, `the catalogue has a framework ${show(name)}; choose another name, or write an overlay`, hint);
      } else if (taken.has(name)) {
        say(at, `the name ${show(name)} is taken; choose another`, hint);
      }
      taken.add(name);
    }
  }
  return [...taken].filter((name) => typeof name === 'string');
}

/** Limits that no place alone breaks. Asked only of parts that have their shapes. */
function sumProblems(read: readonly Framework[]): readonly string[] {
  const document = catalogueDocument(read);
  const problems = catalogueProblems(document);
  if (problems.length > 0) return problems;
  const bytes = canonicalBytes(document as unknown as JsonValue).length;
  return bytes > MAX_CATALOGUE_BYTES ? [`with the frameworks that it changes it has ${bytes} bytes, too many`] : [];
}

/** The second of two members of one name: readers differ in which of them counts. */
function repeatedMembers(node: Node, at: Place): (readonly [number, string, string])[] {
  const { type, children = [] } = node;
  if (type === 'array') return children.flatMap((child, index) => repeatedMembers(child, [...at, index]));
  if (type !== 'object') return [];
  const seen = new Set<string>();
  return children.flatMap(({ children: [key, member] = [] }) => {
    if (key === undefined || member === undefined) return [];
    const name = String(key.value);
    const below = repeatedMembers(member, [...at, name]);
    if (!seen.has(name)) {
      seen.add(name);
      return below;
    }
    const again = [key.offset, placeText('', at), `has a member ${show(name)} twice; leave one`] as const;
    return [again, ...below];
  });
}

/** Where a problem stands in the text: at what is meant, else at the value, else at what should hold it. */
function offsetOf(root: Node, at: Place, { given }: Hint): number {
  for (let length = at.length; length >= 0; length--) {
    const node = findNodeAtLocation(root, at.slice(0, length));
    if (node === undefined) continue;
    const meant = length === at.length && given !== undefined ? nodeOf(node, given) : undefined;
    return (meant ?? node).offset;
  }
  return root.offset;
}

/** The last text of this value at or below a node: the last, because of two the second is too much. */
function nodeOf(node: Node, given: string): Node | undefined {
  if (node.type === 'string' && node.value === given) return node;
  for (const child of node.children?.toReversed() ?? []) {
    const found = nodeOf(child, given);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** So many names are listed; more of them help nobody. */
const MAX_LISTED = 24;

function adviceOf(what: string, { given, candidates = [], write }: Hint): string {
  const near = given === undefined ? '.' : didYouMean(given, candidates);
  if (near !== '.') return near;
  if (write !== undefined) return `; write ${write}`;
  const isListed = candidates.length > MAX_LISTED || candidates.every((candidate) => what.includes(candidate));
  return isListed ? '' : `; there are ${candidates.join(', ')}`;
}

const SYNTAX_TEXTS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'is no JSON: a text stands in double quotes',
  InvalidNumberFormat: 'is no number of JSON',
  PropertyNameExpected: 'the name of a member is expected, in double quotes; a comma before it may be too much',
  ValueExpected: 'a value is expected; a comma before it may be too much',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected before this',
  CloseBraceExpected: 'a } is expected',
  CloseBracketExpected: 'a ] is expected',
  EndOfFileExpected: 'the end of the file is expected: one object, and nothing behind it',
  InvalidCommentToken: 'JSON has no comments; remove it',
  UnexpectedEndOfComment: 'JSON has no comments; remove it',
  UnexpectedEndOfString: 'the text does not end; close it with a double quote on this line',
  UnexpectedEndOfNumber: 'the number does not end',
  InvalidUnicode: 'is no escape: write \\u and four hexadecimal digits',
  InvalidEscapeCharacter: 'is no escape of JSON; a backslash is written twice',
  InvalidCharacter: 'a character that must be escaped in a text, as a line end or a tab',
};

function syntaxText(code: string): string {
  return SYNTAX_TEXTS[code] ?? 'is no JSON';
}

/** Lines and columns of a text. */
class Places {
  readonly #starts: readonly number[];

  constructor(source: string) {
    const starts = [0];
    for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  /** Problems with their lines, in the order of the file. */
  refused(found: readonly (readonly [offset: number, path: string, what: string])[]): ControlsReading {
    const problems = found
      .toSorted(([left], [right]) => left - right)
      .slice(0, MAX_PROBLEMS)
      .map(([offset, path, what]) => {
        const index = this.#starts.findLastIndex((start) => start <= offset);
        return { line: index + 1, column: offset - (this.#starts[index] ?? 0) + 1, path, what };
      });
    return { ok: false, problems };
  }
}

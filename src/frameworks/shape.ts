/**
 * What a JSON value must look like, in parts that are put together: each part tells every problem that it finds, with its
 * place. Parts are strict: an object has the members that are named, and no others.
 */

/** Names of members and indexes, from the root of the document down to a place. */
export type Place = readonly (string | number)[];

/** What helps to mend a problem: for documents that a person writes. */
export interface Hint {
  /** The member of the object at the place, or the text below it, that is meant. */
  readonly given?: string;
  /** What may stand there. */
  readonly candidates?: readonly string[];
  /** What to write, where there is no list of it. */
  readonly write?: string;
}

export type Say = (at: Place, what: string, hint?: Hint) => void;

export type Check = (value: unknown, at: Place, say: Say) => void;

export type Members = Readonly<Record<string, unknown>>;

const MAX_TEXT = 4096;
const MAX_ITEMS = 512;

/** `['frameworks', 0, 'id']` → `frameworks[0].id`, behind a name for the root. */
export function placeText(root: string, at: Place): string {
  const path = at.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return root === '' ? path.replace(/^\./, '') : `${root}${path}`;
}

/** An object with exactly these members, the `optional` ones where they are; `undefined` if anything in it is wrong. */
export function closed(
  value: unknown,
  at: Place,
  say: Say,
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Members | undefined {
  if (!isObject(value)) {
    say(at, 'must be an object');
    return undefined;
  }
  let whole = true;
  const sayHere: Say = (place, what, hint) => {
    whole = false;
    say(place, what, hint);
  };
  for (const name of Object.keys(required)) {
    if (!Object.hasOwn(value, name)) sayHere(at, `lacks ${name}`);
  }
  for (const [name, member] of Object.entries(value)) {
    const check = own(required, name) ?? own(optional, name);
    if (check === undefined) {
      const candidates = [...Object.keys(required), ...Object.keys(optional)];
      sayHere(at, `has a member ${show(name)} that is not of the format`, { given: name, candidates });
    } else {
      check(member, [...at, name], sayHere);
    }
  }
  return whole ? value : undefined;
}

export function listOf(check: Check, max: number = MAX_ITEMS): Check {
  return (value, at, say) => {
    if (!Array.isArray(value)) return say(at, 'must be an array');
    if (value.length > max) return say(at, `has more than ${max} items`);
    for (const [index, item] of value.entries()) check(item, [...at, index], say);
  };
}

/** What a name must match, and what that is in words, or the list of the names there are. */
export interface NameForm {
  readonly form: RegExp;
  readonly write?: string;
  readonly candidates?: readonly string[];
}

export function recordOf(name: NameForm, check: Check): Check {
  return (value, at, say) => {
    if (!isObject(value)) return say(at, 'must be an object');
    for (const [member, item] of Object.entries(value)) {
      if (!name.form.test(member)) say(at, `${show(member)} cannot stand here`, { ...hintOf(name), given: member });
      else check(item, [...at, member], say);
    }
  };
}

export function matching(name: NameForm): Check {
  return (value, at, say) => {
    if (typeof value === 'string' && name.form.test(value)) return;
    say(at, `${show(value)} cannot stand here`, {
      ...hintOf(name),
      ...(typeof value === 'string' ? { given: value } : {}),
    });
  };
}

function hintOf({ write, candidates }: NameForm): Hint {
  return { ...(write === undefined ? {} : { write }), ...(candidates === undefined ? {} : { candidates }) };
}

export function oneOf(words: readonly string[]): Check {
  return (value, at, say) => {
    if (typeof value === 'string' && words.includes(value)) return;
    const hint = typeof value === 'string' ? { given: value, candidates: words } : {};
    say(at, `must be one of ${words.join(', ')}`, hint);
  };
}

export function text(value: unknown, at: Place, say: Say): void {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) {
    say(at, `must be a text of 1 to ${MAX_TEXT} characters`);
  }
}

export function date(value: unknown, at: Place, say: Say): void {
  const time = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) say(at, 'must be a day, YYYY-MM-DD');
}

/** No list or object: one that is compared with the items of a list in an entry multiplies what an entry costs. */
export function scalar(value: unknown, at: Place, say: Say): void {
  const isScalar = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (!isScalar) say(at, 'must be a text, a number, true, false or null');
}

function own(checks: Readonly<Record<string, Check>>, name: string): Check | undefined {
  return Object.hasOwn(checks, name) ? checks[name] : undefined;
}

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text from a file, escaped and cut, for a message. */
export function show(value: unknown): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : typeof value;
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}

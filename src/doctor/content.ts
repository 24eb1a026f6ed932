import { DEFAULT_CAPTURE } from '../capture.ts';
import { isObject } from '../canonical.ts';
import type { EntryType } from '../entry.ts';
import { at, type JsonObject } from '../json.ts';
import { snakeCase } from '../members.ts';
import { scopeOf, textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';
import { NameCounts } from './name-counts.ts';

interface ContentKind {
  readonly capture: keyof typeof DEFAULT_CAPTURE;
  readonly type: EntryType;
  readonly members: readonly string[];
  /** What there is of it in the entries. */
  readonly what: string;
}

/** Which content of spans goes by which word of `capture`. */
const KINDS: readonly ContentKind[] = [
  {
    capture: 'messages',
    type: 'llm_call',
    members: ['input_messages', 'output_messages', 'system_instructions'],
    what: 'messages',
  },
  { capture: 'toolArguments', type: 'tool_call', members: ['arguments'], what: 'arguments' },
  { capture: 'toolResults', type: 'tool_call', members: ['result'], what: 'results' },
  { capture: 'retrieval', type: 'context_assembly', members: ['query', 'documents'], what: 'queries and documents' },
];

const WANTED: readonly (string | undefined)[] = ['inline', 'withheld'];
const NOTHING = 'nothing';

/** Which content the log wants, and which instrumentation does not give it. */
export class Content implements Examiner {
  /** Of the segment that is being read. */
  #capture: JsonObject = {};
  readonly #asked = KINDS.map(() => new NameCounts());
  readonly #given = KINDS.map(() => new NameCounts());

  entry({ type, payload, sd }: ExaminedEntry): void {
    if (type === 'audit_open') {
      const capture = at(payload, 'capture');
      this.#capture = isObject(capture) ? capture : {};
    }
    if (at(payload, 'span') === undefined || payload['unended_because'] !== undefined) return;
    for (const [index, kind] of KINDS.entries()) {
      if (kind.type !== type || !WANTED.includes(textAt(this.#capture, snakeCase(kind.capture)))) continue;
      const scope = scopeOf(payload);
      this.#asked[index]?.add(scope);
      const withheld = Object.keys(isObject(sd) ? sd : {});
      const isGiven = (member: string): boolean =>
        payload[member] !== undefined || withheld.some((pointer) => pointer.startsWith(`/payload/${member}`));
      if (kind.members.some(isGiven)) this.#given[index]?.add(scope);
    }
  }

  *findings(): Iterable<DoctorFinding> {
    for (const [index, { capture, what }] of KINDS.entries()) {
      const silent = new NameCounts();
      for (const [scope, count] of this.#asked[index]?.entries() ?? []) {
        if (this.#given[index]?.of(scope) === 0) silent.add(scope, count);
      }
      if (silent.total === 0) continue;
      // What is on by default nobody asked for; and many tools take no arguments.
      const severity = DEFAULT_CAPTURE[capture] === 'inline' ? 'note' : 'warning';
      yield finding(
        'content_missing',
        `\`capture.${capture}\` is ${textAt(this.#capture, snakeCase(capture)) ?? 'inline'}, and not one span of these scopes has ${what}.`,
        {
          severity,
          where: silent.lines((scope, count) => `${scope}: 0 of ${count.toLocaleString('en-US')}`),
        },
      );
    }
    const modes = Object.keys(DEFAULT_CAPTURE).flatMap((kind) => {
      const mode = textAt(this.#capture, snakeCase(kind));
      return mode === undefined ? [] : [{ kind, mode }];
    });
    if (modes.length === 0) return;
    const of = (wanted: string): string =>
      modes
        .filter(({ mode }) => mode === wanted)
        .map(({ kind }) => kind)
        .join(', ') || NOTHING;
    const withheld = of('withheld');
    const beside = withheld === NOTHING ? '' : ` Withheld: ${withheld}.`;
    yield finding('capture', `Content in the log: ${of('inline')}.${beside} Left out: ${of('none')}.`);
  }
}

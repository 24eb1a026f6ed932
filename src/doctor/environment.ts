import { counted } from '../counted.ts';
import { isObject } from '../canonical.ts';
import { at, type JsonObject } from '../json.ts';
import { DEFAULT_ENVIRONMENT } from '../opening.ts';
import { textAt, type ExaminedEntry, type Examiner } from './examiner.ts';
import { finding, type DoctorFinding } from './finding.ts';

const MAX_HOSTS = 64;
const DAY_MILLIS: number = 24 * 60 * 60 * 1_000;

/** How Docker names a container (12 hex digits), and Kubernetes the pods of a deployment (`…-<hash>-<5>`) . */
const CONTAINER_HOST = /^[0-9a-f]{12}$|-[a-z0-9]{8,10}-[a-z0-9]{5}$/;

/** Whether a log that says it is of development looks like it. A signature is no sign: examples sign, too. */
export class Environment implements Examiner {
  readonly #hosts = new Set<string>();
  /** Of the newest segment. */
  #opening: JsonObject = {};
  #container: string | undefined;
  #first: string | undefined;
  #last = '';

  entry({ type, ts, payload }: ExaminedEntry): void {
    if (type === 'audit_open') this.#open(payload);
    this.#first ??= ts;
    if (ts > this.#last) this.#last = ts;
  }

  #open(payload: JsonObject): void {
    this.#opening = payload;
    const host = textAt(payload, 'process', 'host');
    if (host === undefined) return;
    if (this.#hosts.size < MAX_HOSTS) this.#hosts.add(host);
    const isContainer = at(payload, 'process', 'pid') === 1 || CONTAINER_HOST.test(host);
    if (isContainer) this.#container = host;
  }

  *findings(): Iterable<DoctorFinding> {
    if (this.#opening['environment'] !== DEFAULT_ENVIRONMENT) return;
    const evidence = [...this.#evidence()];
    if (evidence.length === 0) return;
    yield finding('environment_development', 'The newest segment says `environment: development`. Against it speaks:', {
      // One thing alone may be a developer's habit.
      severity: evidence.length > 1 ? 'warning' : 'note',
      where: evidence,
    });
  }

  *#evidence(): Iterable<string> {
    const opening = this.#opening;
    if (this.#hosts.size > 1) yield `it was written on ${counted(this.#hosts.size, 'host')}`;
    if (this.#container !== undefined) yield `a container writes it (${this.#container})`;
    const days = Math.floor((Date.parse(this.#last) - Date.parse(this.#first ?? this.#last)) / DAY_MILLIS);
    if (days >= 1) yield `it goes over ${counted(days, 'day')}`;
    if (opening['heartbeat_ms'] !== undefined) yield 'a heartbeat was asked for (heartbeat_ms)';
    const version = textAt(opening, 'service', 'version') ?? textAt(opening, 'system_version');
    if (version !== undefined) yield `it declares a released version (${version})`;
    const custody = opening['signer_custody'];
    if (custody === 'key_service' || custody === 'hardware') yield `its key is in custody (${custody})`;
    if (isObject(opening['retention'])) yield 'it declares how long it is kept (retention)';
  }
}

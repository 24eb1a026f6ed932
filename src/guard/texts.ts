import { isBoxedPrimitive } from 'node:util/types';

import { MIN_NUMBER } from '../detect/detector.ts';
import { memberName } from '../detect/member-names.ts';
import { FreeNames } from '../free-names.ts';
import { pointer } from '../pointer.ts';

/**
 * The texts of what is to be sent: a string, messages of any maker, arguments of a tool, as deep as they go. Bytes, maps,
 * and files are not looked into. What has a `toJSON` is what that gives.
 */

/** What is nested deeper, or holds more, cannot be looked through, and must not be sent unseen. */
const MAX_DEPTH = 64;
const MAX_NODES = 1_000_000;

/** What says to a provider which part of a message is which: drawn by lot, it may look like a number of somebody's. */
const PROTOCOL: ReadonlySet<string> = new Set([
  'id',
  'role',
  'toolCallId',
  'tool_call_id',
  'call_id',
  'tool_use_id',
  'type',
]);
const MAX_PROTOCOL_CHARS = 128;

/** Roles of those who build the application, and members of requests in which they say what a model is to do. */
const BUILDERS: ReadonlySet<unknown> = new Set(['system', 'developer']);
const INSTRUCTIONS: ReadonlySet<string> = new Set([
  'system',
  'systemInstruction',
  'system_instruction',
  'instructions',
]);

/** Members in which a message holds its parts, and a part its text or parts of its own. */
const READ_ON: ReadonlySet<string> = new Set(['content', 'parts', 'text']);

/** Who speaks, to any provider: what has another role is data. */
const SPEAKERS: ReadonlySet<unknown> = new Set([
  'system',
  'developer',
  'user',
  'assistant',
  'model',
  'tool',
  'function',
  'human',
  'ai',
]);

/** Of a request, lists of texts that are one message. */
const READ_AS_ONE: ReadonlySet<string> = new Set([...READ_ON, 'contents', 'system']);

type Members = Readonly<Record<string, unknown>>;

/** A value of what was given, with what it holds: read once, so that what is written is what was looked at. */
export interface Node {
  readonly parent: Node | undefined;
  /** Of the member or the item, in its parent. */
  readonly key: string | number;
  readonly given: unknown;
  /** What stands for it where it is sent. */
  readonly value: unknown;
  /** The name of the member, as a text of its own. */
  readonly name: Text | undefined;
  /** Of a list or an object. */
  nodes?: Node[];
  /** It holds itself: this is the ancestor that it is. */
  same?: Node;
  /** Of a string or a number. */
  text?: Text;
}

export interface Text {
  readonly node: Node;
  readonly value: string;
  /** `name` is that of a member, not its value. */
  readonly kind: 'text' | 'number' | 'name';
  /** Texts of one number are read as one by a model: parts of a message. */
  readonly run: number | undefined;
  /** Of the member whose value it is, or is listed in. */
  readonly of: string | undefined;
  /** Which part is which, in messages. */
  readonly isProtocol: boolean;
  /** By the application itself: a system prompt, instructions. */
  readonly isInstruction: boolean;
}

/** An object literal, or what JSON gives. */
export function isPlain(value: unknown): value is Members {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * What stands for a value where it is sent as JSON: what is boxed, or what its `toJSON` gives. A message of a class has one,
 * too: clients take its members.
 */
function asSent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (isBoxedPrimitive(value)) return value.valueOf();
  if (!('toJSON' in value) || typeof value.toJSON !== 'function') return value;
  return isLikeMessage(value) && !isPlain(value) ? value : (value.toJSON as () => unknown)();
}

/** Of a class, with members of its own as messages have them. */
function isLikeMessage(value: object): boolean {
  return MESSAGE_MEMBERS.some((name) => Object.hasOwn(value, name));
}

/** What has members: also a message that is of a class. Not bytes, maps, dates or files. */
export function hasMembers(value: unknown): value is Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !OPAQUE.test(Object.prototype.toString.call(value));
}

/** What has no texts in its members. A class may call itself what it likes, as LangChain's messages do. */
const OPAQUE =
  /^\[object (?:\w*Array|(?:Shared)?ArrayBuffer|DataView|(?:Weak)?(?:Map|Set)|Date|RegExp|Promise|URL|URLSearchParams|Blob|File|FormData|Headers|AbortSignal|\w*Stream)\]$/;

/**
 * Whether its texts may be sent: those of messages, of values and of errors. What holds functions, maps or streams does
 * something (a model, a handler, a client with its key): it is passed on as it is.
 *
 * @param known - what was asked before, and what is being asked
 */
function isData(value: Members, known: Map<object, boolean>): boolean {
  if (isPlain(value) || isLikeMessage(value) || isError(value)) return true;
  const found = known.get(value);
  if (found !== undefined) return found;
  known.set(value, true);
  const is =
    !isSchema(value) &&
    Object.values(value).every((member) => {
      if (typeof member === 'function') return false;
      if (typeof member !== 'object' || member === null || Array.isArray(member)) return true;
      if (hasMembers(member)) return isPlain(member) || isData(member, known);
      return member instanceof Date || member instanceof URL || ArrayBuffer.isView(member);
    });
  known.set(value, is);
  return is;
}

function isError(value: object): boolean {
  return value instanceof Error;
}

/** Of an error also what it says, which no list of its members has. */
function keysOf(value: Members): readonly string[] {
  const keys = Object.keys(value);
  if (!isError(value)) return keys;
  return [...new Set([...keys, ...['message', 'stack', 'cause'].filter((key) => Object.hasOwn(value, key))])];
}

/** Of zod and others (Standard Schema), or of the AI SDK: what checks a value, and is none. */
export function isSchema(value: object): boolean {
  return '~standard' in value || '_def' in value || Symbol.for('vercel.ai.schema') in value;
}

const MESSAGE_MEMBERS: readonly string[] = ['role', 'content', 'parts', 'text'];

/** What was given, looked through. */
export interface Looked {
  readonly as: 'messages' | 'data';
  readonly root: Node;
  readonly texts: readonly Text[];
  /** Where something holds itself. */
  readonly cycles: readonly Node[];
}

/**
 * @param as - `data` where nothing in it is a message, whatever it looks like
 * @throws RangeError if it is nested deeper than {@link MAX_DEPTH}, or holds more than {@link MAX_NODES} values
 */
export function lookThrough(input: unknown, as: 'messages' | 'data' = 'messages'): Looked {
  const look = new Look();
  const root = look.at(input, undefined, '', undefined, { as });
  return { as, root, texts: look.texts, cycles: look.cycles };
}

/** How a value is read. */
interface Reading {
  readonly run?: number | undefined;
  /** The name of the member that it is the value of, or is listed in. */
  readonly of?: string | undefined;
  /** Whether it stands where messages do, among the parts of one, or in what these hold besides. */
  readonly as?: 'messages' | 'parts' | 'data';
  readonly isInstruction?: boolean;
}

class Look {
  readonly texts: Text[] = [];
  readonly cycles: Node[] = [];
  readonly #ancestors: Node[] = [];
  readonly #data = new Map<object, boolean>();
  #nodes = 0;
  #runs = 0;

  at(given: unknown, parent: Node | undefined, key: string | number, name: Text | undefined, how: Reading): Node {
    const value = asSent(given);
    const node: Node = { parent, key, given, value, name };
    this.#nodes++;
    if (this.#nodes > MAX_NODES) throw new RangeError(`More than ${MAX_NODES} values are too many to look through.`);
    if (typeof value === 'string') this.#text(node, value, 'text', how);
    else if (typeof value === 'bigint' || (typeof value === 'number' && isLarge(value))) {
      this.#text(node, `${value}`, 'number', how);
    } else if (Array.isArray(value)) this.#within(node, () => this.#items(node, value, how));
    else if (hasMembers(value) && isData(value, this.#data)) this.#within(node, () => this.#members(node, value, how));
    return node;
  }

  #text(node: Node, value: string, kind: Text['kind'], { run, of, as, isInstruction = false }: Reading): void {
    const isProtocol =
      as === 'parts' && PROTOCOL.has(of ?? '') && value.length <= MAX_PROTOCOL_CHARS && !/\s/.test(value);
    node.text = { node, value, kind, run, of, isProtocol, isInstruction };
    this.texts.push(node.text);
  }

  #within(node: Node, visit: () => void): void {
    const same = this.#ancestors.find(({ value }) => value === node.value);
    if (same !== undefined) {
      node.same = same;
      this.cycles.push(node);
      return;
    }
    if (this.#ancestors.length > MAX_DEPTH) {
      throw new RangeError(`What is nested more than ${MAX_DEPTH} deep cannot be looked through.`);
    }
    this.#ancestors.push(node);
    visit();
    this.#ancestors.pop();
  }

  #items(node: Node, items: readonly unknown[], how: Reading): void {
    const run = how.run ?? (areParts(items, how) ? this.#runs++ : undefined);
    node.nodes = Array.from(items, (item, index) => this.at(item, node, index, undefined, { ...how, run }));
  }

  #members(node: Node, value: Members, { run, of, as = 'messages', isInstruction: isAbove = false }: Reading): void {
    const ours = hasRole(value) ? this.#runs++ : run;
    const isOfMessage = as === 'parts' || (as === 'messages' && isMessage(value));
    const isBuilders = isAbove || (as === 'messages' && isOfMessage && BUILDERS.has(value['role']));
    const isAsked = as === 'messages' && !isOfMessage && isRequest(value);
    node.nodes = keysOf(value).map((key) => {
      const name: Text = {
        node,
        value: key,
        kind: 'name',
        run: undefined,
        of: undefined,
        isProtocol: false,
        isInstruction: false,
      };
      this.texts.push(name);
      const readsOn = READ_ON.has(key);
      const member = value[key];
      if (as === 'messages' && isCredential(value, key))
        return { parent: node, key, given: member, value: member, name };
      const isPart = readsOn || (typeof member === 'string' && PROTOCOL.has(key));
      const within = isOfMessage ? (isPart ? 'parts' : 'data') : as;
      return this.at(member, node, key, name, {
        run: readsOn ? ours : undefined,
        of: memberName(key, of),
        as: within,
        isInstruction: within !== 'data' && (isBuilders || (isAsked && INSTRUCTIONS.has(key))),
      });
    });
  }
}

/** Lists of which a model reads one item after the other: of a message, or of parts. Lists of texts alone are data. */
function areParts(items: readonly unknown[], { of, as }: Reading): boolean {
  const parts = items.filter(isPart);
  if (parts.length < 2) return false;
  return parts.some((part) => typeof part !== 'string') || (as !== 'data' && READ_AS_ONE.has(of ?? ''));
}

function isLarge(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) >= MIN_NUMBER;
}

function hasRole(value: Members): boolean {
  return typeof value['role'] === 'string';
}

/** What a model is asked by. */
function isRequest(value: Members): boolean {
  return ['model', 'messages', 'contents', 'prompt', 'input'].some((name) => name in value);
}

/** By which a provider calls a server of tools for a model, or a client calls a provider: no model sees it. */
function isCredential(holder: Members, name: string): boolean {
  if (name === 'httpOptions') return true;
  const isServer = holder['type'] === 'mcp' || ('url' in holder && 'authorization_token' in holder);
  return isServer && ['headers', 'authorization', 'authorization_token'].includes(name);
}

function isMessage(value: Members): boolean {
  return SPEAKERS.has(value['role']) && ('content' in value || 'parts' in value);
}

/** What is read on in the next item of a list, if that is one, too. */
function isPart(item: unknown): boolean {
  if (typeof item === 'string') return true;
  return (
    hasMembers(item) && !hasRole(item) && (typeof item['text'] === 'string' || typeof item['content'] === 'string')
  );
}

/** A JSON pointer (RFC 6901), in which names are shown as it is said. */
export function pointerTo(node: Node, shown: (name: Text) => string): string {
  const path: (string | number)[] = [];
  for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent) {
    path.push(at.name === undefined ? at.key : shown(at.name));
  }
  return pointer(path.toReversed());
}

/** What was given with other texts and names of members in it; what does not change is not copied. */
export function withTexts({ root, cycles }: Looked, instead: ReadonlyMap<Text, string>): unknown {
  if (instead.size === 0) return root.given;
  const changed = changedNodes(cycles, instead);
  const copies = new Map<Node, object>();
  const written = (node: Node): unknown => {
    if (!changed.has(node)) return node.given;
    if (node.same !== undefined) return copies.get(node.same);
    const { value, text } = node;
    if (text !== undefined) return likeGiven(node.given, instead.get(text) ?? value);
    const nodes = node.nodes ?? [];
    if (Array.isArray(value)) {
      const copy: unknown[] = value.slice();
      copies.set(node, copy);
      // What a match of a pattern or the parts of a template have besides.
      for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
        if (!(key in copy)) Object.defineProperty(copy, key, property);
      }
      for (const [index, item] of nodes.entries()) if (changed.has(item)) copy[index] = written(item);
      return copy;
    }
    const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
    copies.set(node, copy);
    const names = new Map(nodes.map((member) => [member.key, member]));
    const free = new FreeNames(names.keys());
    for (const key of Reflect.ownKeys(value as object)) {
      const member = typeof key === 'string' ? names.get(key) : undefined;
      if (member === undefined) {
        // Marks of a library, as symbols: they are not sent.
        Object.defineProperty(copy, key, Reflect.getOwnPropertyDescriptor(value as object, key)!);
        continue;
      }
      const wanted = member.name && instead.get(member.name);
      const name = wanted === undefined ? member.key : free.take(wanted);
      const property = { value: written(member), writable: true, enumerable: true, configurable: true };
      Object.defineProperty(copy, name, property);
    }
    return copy;
  };
  return written(root);
}

/** A link stays one, where what it says now can be one. */
function likeGiven(given: unknown, value: unknown): unknown {
  return given instanceof URL && typeof value === 'string' && URL.canParse(value) ? new URL(value) : value;
}

/** Nodes that are, or hold, what changes: also by way of an ancestor. */
function changedNodes(cycles: readonly Node[], instead: ReadonlyMap<Text, string>): ReadonlySet<Node> {
  const back = new Map<Node, Node[]>();
  for (const node of cycles) {
    const others = back.get(node.same!);
    if (others === undefined) back.set(node.same!, [node]);
    else others.push(node);
  }
  const changed = new Set<Node>();
  const open = Array.from(instead.keys(), ({ node }) => node);
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    for (let node: Node | undefined = from; node !== undefined && !changed.has(node); node = node.parent) {
      changed.add(node);
      for (const other of back.get(node) ?? []) open.push(other);
    }
  }
  return changed;
}

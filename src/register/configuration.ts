import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { didYouMean } from '../did-you-mean.ts';
import type { AuditLogOptions } from '../index.ts';
import { profileIn, readProfile } from '../profile-file.ts';
import type { Signer } from '../signer.ts';
import { ed25519Signer, hmacSigner, readHmacKeyFile } from '../signer.ts';

/**
 * What `spanseal/register` is told: by a JSON file, whose members are the options of `AuditLog` as far as JSON can say
 * them, and by environment variables, which come before it. Keys are files; a key itself is taken from neither.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export const DEFAULT_CONFIGURATION_FILE = 'spanseal.config.json';
export const DEFAULT_DIRECTORY = 'audit';

const VARIABLES = [
  'SPANSEAL_CONFIG',
  'SPANSEAL_SYSTEM',
  'SPANSEAL_LOG',
  'SPANSEAL_DIRECTORY',
  'SPANSEAL_KEY_FILE',
  'SPANSEAL_HMAC_KEY_FILE',
  'SPANSEAL_ENVIRONMENT',
  'SPANSEAL_CAPTURE',
  'SPANSEAL_POLICY',
  'SPANSEAL_FAILURE',
] as const;

/** The configuration file, as it was found. */
export interface ConfigurationFile {
  /** Absolute; undefined if there is none. */
  readonly path: string | undefined;
  readonly members: Readonly<Record<string, unknown>>;
}

export interface Configuration {
  readonly log: AuditLogOptions;
  /** Packages whose instrumentations are used; by default those that the application has. */
  readonly instrumentations: readonly string[] | undefined;
}

/** @throws TypeError if the file that was named is not there, or any is not a JSON object */
export function readConfigurationFile(env: Environment, cwd: string): ConfigurationFile {
  const named = given(env, 'SPANSEAL_CONFIG');
  const path = resolve(cwd, named ?? DEFAULT_CONFIGURATION_FILE);
  if (named === undefined && !existsSync(path)) return { path: undefined, members: {} };
  let members: unknown;
  try {
    members = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`The configuration ${path} cannot be read: ${why}.`, { cause });
  }
  if (!isObject(members)) throw new TypeError(`The configuration ${path} is no JSON object; {"system":"…"} is one.`);
  return { path, members };
}

/** Whether the application must not start without its log. */
export function mustRefuse(env: Environment, file?: ConfigurationFile): boolean {
  return (given(env, 'SPANSEAL_FAILURE') ?? file?.members['failure']) === 'refuse';
}

/**
 * The options of the log, of file and environment together. What is misspelt in them, `AuditLog` tells.
 *
 * @throws TypeError on what cannot be meant
 * @throws SpansealError `KEY_FILE`
 */
export function configure(env: Environment, cwd: string, { path, members }: ConfigurationFile): Configuration {
  checkVariables(env);
  const base = path === undefined ? cwd : dirname(path);
  const {
    directory = DEFAULT_DIRECTORY,
    keyFile,
    hmacKeyFile,
    instrumentations,
    capture,
    propagation,
    exportOnClose,
    profile,
    ...rest
  } = members;
  for (const name of ['sink', 'signer', 'redactor', 'randomId']) {
    if (isObject(rest[name]) || typeof rest[name] === 'string') {
      throw new TypeError(`\`${name}\` cannot be said in JSON; make the log in a file of your own that is preloaded.`);
    }
  }
  const where = (variable: Variable, member: unknown, name: string): string | undefined =>
    placeOf(given(env, variable), cwd) ?? placeOf(textOf(member, name), base);
  const system = given(env, 'SPANSEAL_SYSTEM') ?? textOf(rest['system'], 'system') ?? given(env, 'OTEL_SERVICE_NAME');
  if (system === undefined) {
    const file = path ?? DEFAULT_CONFIGURATION_FILE;
    throw new TypeError(`The AI system has no name: set SPANSEAL_SYSTEM, or "system" in ${file}.`);
  }
  const log = given(env, 'SPANSEAL_LOG') ?? textOf(rest['log'], 'log');
  const signer = signerOf(
    where('SPANSEAL_KEY_FILE', keyFile, 'keyFile'),
    where('SPANSEAL_HMAC_KEY_FILE', hmacKeyFile, 'hmacKeyFile'),
    log ?? system,
  );
  const environment = given(env, 'SPANSEAL_ENVIRONMENT') ?? rest['environment'];
  const failure = given(env, 'SPANSEAL_FAILURE') ?? rest['failure'];
  const policy = given(env, 'SPANSEAL_POLICY') ?? rest['policy'];
  const captured = { ...objectOf(capture, 'capture'), ...captureOf(given(env, 'SPANSEAL_CAPTURE')) };
  const options: Record<string, unknown> = {
    ...rest,
    system,
    directory: where('SPANSEAL_DIRECTORY', directory, 'directory'),
    capture: captured,
    ...profileOf(profile, base),
    ...(log === undefined ? {} : { log }),
    ...(signer === undefined ? {} : { signer }),
    ...(environment === undefined ? {} : { environment }),
    ...(failure === undefined ? {} : { failure }),
    ...(policy === undefined ? {} : { policy }),
    ...(propagation === undefined ? {} : { propagation: propagationOf(propagation) }),
    ...(exportOnClose === undefined ? {} : { exportOnClose: exportOf(exportOnClose, base) }),
  };
  // Its members are checked one by one where the log is made.
  return { log: options as unknown as AuditLogOptions, instrumentations: namesOf(instrumentations) };
}

type Variable = (typeof VARIABLES)[number];

/** An environment variable; an empty one says nothing. */
export function given(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

/** A misspelt variable is told now, not when somebody needs what was not kept. Names that resemble none are not ours. */
function checkVariables(env: Environment): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('SPANSEAL_') || VARIABLES.some((known) => known === name)) continue;
    if (/^SPANSEAL_(HMAC_|SIGNING_|PRIVATE_)?(KEY|SECRET)$/.test(name)) {
      throw new TypeError(`${name} is not read: whoever lists processes may see it. Give SPANSEAL_KEY_FILE a path.`);
    }
    const meant = VARIABLES.filter((known) => didYouMean(name.slice(9), [known.slice(9)]) !== '.');
    if (meant.length > 0) throw new TypeError(`${name} is no setting${didYouMean(name, meant)}`);
  }
}

function signerOf(keyFile: string | undefined, hmacKeyFile: string | undefined, log: string): Signer | undefined {
  if (keyFile !== undefined && hmacKeyFile !== undefined) {
    throw new TypeError('A log is sealed by one key: give `keyFile` or `hmacKeyFile`, not both.');
  }
  if (keyFile !== undefined) return ed25519Signer({ keyFile });
  if (hmacKeyFile === undefined) return undefined;
  const { name = log, key } = readHmacKeyFile(hmacKeyFile);
  return hmacSigner({ name, key });
}

/** `messages=inline,toolResults=none` */
function captureOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [kind, mode, ...more] = pair.split('=').map((part) => part.trim());
      if (!kind || !mode || more.length > 0) {
        throw new TypeError(`SPANSEAL_CAPTURE is '${text}'; it reads messages=inline,toolResults=none.`);
      }
      return [kind, mode];
    }),
  );
}

/** JSON has no functions: `accept` lists the logs whose decisions are taken over. */
function propagationOf(value: unknown): object {
  const { accept, ...rest } = objectOf(value, 'propagation');
  if (accept === undefined) return rest;
  if (!isNames(accept))
    throw new TypeError('`propagation.accept` lists names of logs, such as ["acme.example/triage"].');
  return { ...rest, accept: (claim: { readonly log: string }) => accept.includes(claim.log) };
}

function exportOf(value: unknown, base: string): object {
  const { path, ...rest } = objectOf(value, 'exportOnClose');
  const file = textOf(path, 'exportOnClose.path');
  if (file === undefined) throw new TypeError('`exportOnClose` needs `path`, where the pack is written.');
  return { ...rest, path: resolve(base, file) };
}

/** The profile as it stands in the file, or the path of one; else what lies beside it under its usual name. */
function profileOf(member: unknown, base: string): { readonly profile?: unknown } {
  if (isObject(member)) return { profile: member };
  const path = placeOf(textOf(member, 'profile'), base) ?? profileIn(base);
  return path === undefined ? {} : { profile: readProfile(path) };
}

function namesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || isNames(value)) return value;
  throw new TypeError('`instrumentations` lists packages, such as ["@opentelemetry/instrumentation-openai"].');
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (isObject(value)) return value;
  throw new TypeError(`\`${name}\` is no object.`);
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new TypeError(`\`${name}\` is no text.`);
}

const placeOf = (path: string | undefined, base: string): string | undefined =>
  path === undefined ? undefined : resolve(base, path);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

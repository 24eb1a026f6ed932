import { SpansealError } from '../error.ts';
import { DORA } from './catalogue/dora.ts';
import { EU_AI_ACT } from './catalogue/eu-ai-act.ts';
import { GDPR } from './catalogue/gdpr.ts';
import { ISO_27001 } from './catalogue/iso-27001.ts';
import { ISO_42001 } from './catalogue/iso-42001.ts';
import { NIST_800_53 } from './catalogue/nist-800-53.ts';
import { NIST_AI_600_1 } from './catalogue/nist-ai-600-1.ts';
import { NIST_AI_RMF } from './catalogue/nist-ai-rmf.ts';
import { OWASP_ASI } from './catalogue/owasp-asi.ts';
import { OWASP_LLM } from './catalogue/owasp-llm.ts';
import { PCI_DSS } from './catalogue/pci-dss.ts';
import { SOC2 } from './catalogue/soc2.ts';
import { CATALOGUE_FORMAT_VERSION, catalogueProblems } from './document.ts';
import type { CatalogueDocument } from './document.ts';
import { STRENGTH_MEANINGS } from './framework.ts';
import type { Framework } from './framework.ts';

/** Version of the catalogue: it changes with every control, mapping, strength or text. */
export const CATALOGUE_VERSION = '2026.12.1';

/** The day whose law and editions the catalogue shows. */
export const CATALOGUE_AS_OF = '2026-11-23';

const FRAMEWORKS: readonly Framework[] = [
  EU_AI_ACT,
  NIST_AI_RMF,
  ISO_42001,
  GDPR,
  NIST_AI_600_1,
  SOC2,
  ISO_27001,
  DORA,
  PCI_DSS,
  NIST_800_53,
  OWASP_LLM,
  OWASP_ASI,
];

/** The frameworks of the catalogue, with their controls, mappings and status. */
export function frameworks(): readonly Framework[] {
  return FRAMEWORKS;
}

/** The names that frameworks are asked for by, aliases not among them. */
export const frameworkIds: readonly string[] = FRAMEWORKS.map(({ id }) => id);

/** The frameworks of the catalogue and others; one that has the id of the catalogue's stands in its place. */
export function frameworksWith(others: readonly Framework[]): readonly Framework[] {
  const byId = new Map([...FRAMEWORKS, ...others].map((framework) => [framework.id, framework]));
  return [...byId.values()];
}

/**
 * The framework of this id or alias.
 *
 * @param among - the frameworks that there are; by default those of the catalogue
 * @throws SpansealError `UNKNOWN_FRAMEWORK`, naming the known ones.
 */
export function findFramework(idOrAlias: string, among: readonly Framework[] = FRAMEWORKS): Framework {
  const found = among.find(({ id, aliases }) => id === idOrAlias || aliases?.includes(idOrAlias));
  if (found === undefined) {
    const known = among.map(({ id, aliases = [] }) => [id, ...aliases].join(' or ')).join(', ');
    throw new SpansealError(
      'UNKNOWN_FRAMEWORK',
      `the catalogue has no framework ${JSON.stringify(idOrAlias)}; it has ${known}`,
    );
  }
  return found;
}

/** The document to put beside a pack that was annotated for these frameworks. */
export function catalogueDocument(chosen: readonly Framework[]): CatalogueDocument {
  return {
    v: CATALOGUE_FORMAT_VERSION,
    version: CATALOGUE_VERSION,
    as_of: CATALOGUE_AS_OF,
    strengths: STRENGTH_MEANINGS,
    frameworks: chosen,
  };
}

/**
 * Reads what {@link catalogueDocument} made, perhaps long ago and by somebody else.
 *
 * @throws TypeError with the first of the {@link catalogueProblems} and their number, if there are any.
 */
export function readCatalogueDocument(json: unknown): CatalogueDocument {
  const problems = catalogueProblems(json);
  if (problems.length > 0) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    throw new TypeError(`not a catalogue document: ${problems[0]}${more}`);
  }
  return json as CatalogueDocument;
}

/**
 * The frameworks of a catalogue document.
 *
 * @throws TypeError as {@link readCatalogueDocument} does.
 */
export function catalogueFromDocument(json: unknown): readonly Framework[] {
  return readCatalogueDocument(json).frameworks;
}

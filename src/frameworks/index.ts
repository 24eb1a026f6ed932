export { annotate, annotator, strengthsOf } from './annotate.ts';
export type { Annotatable, Annotation, Annotations, Annotator } from './annotate.ts';
export {
  CATALOGUE_AS_OF,
  CATALOGUE_VERSION,
  catalogueDocument,
  catalogueFromDocument,
  findFramework,
  frameworkIds,
  frameworks,
  readCatalogueDocument,
} from './catalogue.ts';
export { CATEGORY_GROUPS } from './catalogue/category-groups.ts';
export { CATALOGUE_FORMAT_VERSION, catalogueProblems } from './document.ts';
export type { CatalogueDocument } from './document.ts';
export { CONTROL_KINDS, STRENGTHS, STRENGTH_MEANINGS } from './framework.ts';
export type {
  CategoryGroups,
  Control,
  ControlKind,
  Framework,
  NotInLogs,
  Path,
  PositiveStrength,
  Predicate,
  Profile,
  Rule,
  Strength,
  TransitionRule,
} from './framework.ts';
export { compile, holds } from './predicate.ts';
export type { Condition } from './predicate.ts';

export { annotator, strengthsOf } from './annotate.ts';
export type { Annotatable, Annotation, Annotations, Annotator } from './annotate.ts';
export { catalogueDocument, findFramework, frameworks, frameworksWith } from './catalogue.ts';
export { catalogueProblems, MAX_CATALOGUE_BYTES } from './document.ts';
export type { CatalogueDocument } from './document.ts';
export type { Control, ControlKind, Framework, Strength } from './framework.ts';
export { catalogueFrameworks, digestWith, listedFramework } from './listed.ts';
export { checkProfile, DEFAULT_PROFILE_FILE } from './profile.ts';
export type { Profile } from './profile.ts';

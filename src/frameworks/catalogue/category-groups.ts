import { GROUPS } from '../../detect/categories.ts';
import type { CategoryGroups } from '../framework.ts';

/** Which categories of a `policy_flag` belong together; a group's own name is one of its categories. */
export const CATEGORY_GROUPS: CategoryGroups = GROUPS;

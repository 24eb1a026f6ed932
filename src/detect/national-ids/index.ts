import type { Detector } from '../detector.ts';
import { AU } from './au.ts';
import { BE } from './be.ts';
import { BR } from './br.ts';
import { CA } from './ca.ts';
import { CH } from './ch.ts';
import { DE } from './de.ts';
import { DK } from './dk.ts';
import { ES } from './es.ts';
import { FI } from './fi.ts';
import { FR } from './fr.ts';
import { GB } from './gb.ts';
import { IN } from './in.ts';
import { IT } from './it.ts';
import { NL } from './nl.ts';
import { NO } from './no.ts';
import { PL } from './pl.ts';
import { SE } from './se.ts';
import { US } from './us.ts';

/** Identifiers that states give to people, a file a country. */
export const NATIONAL_ID_DETECTORS: readonly Detector[] = [
  ...US,
  ...GB,
  ...IN,
  ...DE,
  ...FR,
  ...ES,
  ...IT,
  ...NL,
  ...BE,
  ...PL,
  ...SE,
  ...FI,
  ...DK,
  ...NO,
  ...BR,
  ...CA,
  ...AU,
  ...CH,
];

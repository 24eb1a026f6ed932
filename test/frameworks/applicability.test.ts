import { describe, expect, test } from 'vitest';

import { applicability } from '../../src/frameworks/applicability.ts';
import { evidenceOf, EVIDENCE_STATES } from '../../src/frameworks/evidence.ts';
import { checkProfile, findFramework, frameworks } from '../../src/frameworks/index.ts';
import type { JsonObject } from '../../src/json.ts';
import { EN } from '../../src/report/text/en.ts';

/** Which controls speak to a system, and from when. */

function of(id: string, profile: JsonObject, day = '2026-11-28') {
  for (const framework of frameworks()) {
    const control = framework.controls.find((each) => each.id === id);
    if (control !== undefined) return applicability(control, framework, profile, day);
  }
  throw new Error(`no control ${id}`);
}

describe('a control', () => {
  test('is in force from its date for the class of the system', () => {
    const deployer = { role: 'deployer', risk_class: 'annex_iii' };
    expect(of('EU-AIA-26.6', deployer)).toEqual({ state: 'not_in_force', until: '2027-12-02' });
    expect(of('EU-AIA-26.6', { ...deployer, risk_class: 'annex_i' })).toEqual({
      state: 'not_in_force',
      until: '2028-08-02',
    });
    expect(of('EU-AIA-26.6', deployer, '2027-12-02')).toEqual({ state: 'applies' });
    expect(of('EU-AIA-26.6', deployer, '2027-12-01')).toMatchObject({ state: 'not_in_force' });
  });

  test('of which the profile does not say the class is not in force until the first date', () => {
    expect(of('EU-AIA-26.6', {})).toEqual({ state: 'not_in_force', until: '2027-12-02', whom: 'annex_iii' });
  });

  test('is the duty of a role, as far as the profile names one that the framework knows', () => {
    expect(of('EU-AIA-12.1', { role: 'deployer', risk_class: 'annex_iii' })).toEqual({
      state: 'not_applicable',
      because: { kind: 'role', roles: ['provider'], declared: ['deployer'] },
    });
    expect(of('EU-AIA-12.1', { role: 'provider_and_deployer', risk_class: 'annex_iii' }).state).toBe('not_in_force');
    expect(of('EU-AIA-12.1', { role: 'controller', risk_class: 'annex_iii' }).state).toBe('not_in_force');
    // A deployer owes this where the provider cannot be reached.
    expect(of('EU-AIA-73.1', { role: 'deployer', risk_class: 'annex_iii' }).state).not.toBe('not_applicable');
  });

  test('that attaches to high-risk systems does not apply to one that is declared to be none', () => {
    expect(of('EU-AIA-12.1', { role: 'provider', risk_class: 'not_high_risk' })).toEqual({
      state: 'not_applicable',
      because: { kind: 'risk_class', declared: 'not_high_risk' },
    });
    expect(of('EU-AIA-50.1', { role: 'provider', risk_class: 'not_high_risk', interacts_with_persons: true })).toEqual({
      state: 'applies',
    });
  });

  test('with a condition says what the profile would have to say', () => {
    const found = of('EU-AIA-50.1', { role: 'provider' });
    expect(found).toMatchObject({
      state: 'not_applicable',
      because: { kind: 'condition', undeclared: ['interacts_with_persons'] },
    });
    if (found.state !== 'not_applicable') throw new Error('it applies');
    expect(EN.evidence.because(found.because)).toBe(
      'only where interacts with persons is true; the profile does not say: interacts_with_persons',
    );
  });

  test('spares a system that was there before it, until its design changes', () => {
    const old = { role: 'deployer', risk_class: 'annex_iii', placed_on_market_at: '2026-01-01' };
    expect(of('EU-AIA-26.6', old, '2028-01-01')).toMatchObject({
      state: 'not_applicable',
      because: { kind: 'transition' },
    });
    expect(of('EU-AIA-26.6', { ...old, significant_design_change_at: '2028-02-01' }, '2028-03-01').state).toBe(
      'applies',
    );
    expect(of('EU-AIA-26.6', { ...old, public_authority: true }, '2028-01-01').state).toBe('applies');
    expect(of('EU-AIA-26.6', { ...old, placed_on_market_at: '2027-12-02' }, '2028-01-01').state).toBe('applies');
  });
});

test('each control of each framework stands in one state, exceptions first', () => {
  const profile = { role: 'deployer', risk_class: 'annex_iii', annex_iii_points: ['5b'] };
  for (const framework of frameworks()) {
    const { controls } = evidenceOf(framework, {}, profile, '2028-01-01');
    expect(controls.map(({ control }) => control.id).toSorted()).toEqual(
      framework.controls.map(({ id }) => id).toSorted(),
    );
    const order = controls.map(({ state }) => EVIDENCE_STATES.indexOf(state));
    expect(order).toEqual(order.toSorted((left, right) => left - right));
  }
});

test('an exception is shown first, and not set off against what is direct', () => {
  const counts = { gdpr: { 'GDPR-5.1.f': { direct: 900, exception: 1 }, 'GDPR-33.5': { direct: 1, contextual: 4 } } };
  const { controls } = evidenceOf(findFramework('gdpr'), counts, {}, '2026-11-28');
  expect(controls[0]).toMatchObject({ state: 'exception', counts: { direct: 900, exception: 1 } });
  expect(controls.find(({ control }) => control.id === 'GDPR-33.5')?.state).toBe('direct');
});

describe('a profile', () => {
  test('that can be meant is taken, own members among it', () => {
    expect(() => checkProfile({ role: ['deployer'], country: 'DE', date: '2027-12-02', acme_tier: 3 })).not.toThrow();
  });

  test.each([
    [{ roles: 'deployer' }, 'there is no member `roles`; did you mean `role`?'],
    [{ risk_class: 'high' }, '`risk_class` must be'],
    [{ annex_iii_points: ['5(b)'] }, '`annex_iii_points` must be'],
    [{ country: 'Germany' }, '`country` must be'],
    [{ date: '2026-02-30' }, '`date` must be a day'],
    [{ public_body: 'yes' }, '`public_body` must be true or false'],
    [['deployer'], 'a profile is a JSON object'],
  ])('like %j is refused, with what to write', (profile, message) => {
    expect(() => checkProfile(profile)).toThrow(message);
  });
});

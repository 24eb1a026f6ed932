// The audit log of the demo, as each process of it opens it: the agent, and later the reviewer.
import { AuditLog, ed25519Signer } from 'spanseal';

/** @param {string} folder holds the key, and the log's directory */
export function openLog(folder) {
  return new AuditLog({
    system: 'loan-triage',
    environment: 'development',
    riskTier: 'high',
    legalRole: 'deployer',
    operator: 'Demo Bank',
    directory: `${folder}/audit`,
    signer: ed25519Signer({ keyFile: `${folder}/audit.key` }),
    // Credit scoring of natural persons: Annex III, point 5(b) of the AI Act.
    profile: { annex_iii_points: ['5b'], decisions_on_natural_persons: true, financial_institution: true },
  });
}

//! The waist everybody speaks through: findings, spans, witnesses, coverage, exit codes. Data only.

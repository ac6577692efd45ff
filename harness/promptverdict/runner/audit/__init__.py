"""Audits: graders against attempts whose right grade is known, without a model."""

"""Partners, as a reader sees them."""

from gcrm.pipeline.partners import LEVELS, Terms, candidates, conflicts, for_lead, leads_of, of_lead, partners

__all__ = ["LEVELS", "Terms", "candidates", "conflicts", "for_lead", "leads_of", "of_lead", "partners"]

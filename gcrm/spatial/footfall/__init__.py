"""The floating population: profiles as they are given, counters with their gaps and outages, and a model between sensors."""

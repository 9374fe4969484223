"""Roads and road conditions: routes, times, isochrones and matching on one network, under one set of conditions."""

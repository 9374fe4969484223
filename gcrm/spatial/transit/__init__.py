"""Public transport: what a timetable in GTFS says of stops, routes, departures and flows."""

"""Trading areas: given ones, and five ways to compute them; one file a way.

Sites are a GeoDataFrame, one row per site: site_key (text, unique), site_name (text), attraction (float, above 0), site_account_id (Int64,
missing where the site is no account), and points in EPSG:4326. What is computed is a GeoDataFrame with the columns `AREA_COLUMNS`.
"""

AREA_COLUMNS = ("site_key", "band", "band_unit", "parameters", "geometry")
"""site_key; band (float; missing where a site has one area) in band_unit (m, min, share or probability); parameters (dict: those of this area
alone); geometry (MultiPolygon, EPSG:4326)."""

"""Lists of records: read page by page, changed one by one and many at once, taken back, taken along as files."""

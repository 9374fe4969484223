"""Speed, as ratios against the plain tool doing the same work in the same run: `make bench`."""

"""Duplicates: which records are about the same person or company. Pure: frames in, pairs out."""

"""Data sets, tables and images, split into parts and scaled."""

"""Finds names of persons in Chinese and English text, with word lists and a small model of our own."""

"""Workbooks are opened in a process of their own, with bounded memory and time.

A workbook can lie about how much it holds, and the library that reads it then ends the whole process. So `__main__` runs
as a program that knows nothing of gcrm, and `process` talks to it.
"""

"""Trading areas: from files and by computing, into the database and out of it."""

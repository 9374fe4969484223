"""What is held on a person: out to the person, away for good, or away after its time."""

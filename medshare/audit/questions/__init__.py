"""What auditors ask of the trail, each question with its query and the index that serves it."""

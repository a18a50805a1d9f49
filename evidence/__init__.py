"""What is known of a school: readers of public registers, and indicators made from them."""

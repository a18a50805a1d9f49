"""Action plans: drafted from needs, focus and notes, agreed by school and adviser, reviewed until the support is done."""

// A refusal in a foreign frame needs no script; each page has one to be built from.
export {};

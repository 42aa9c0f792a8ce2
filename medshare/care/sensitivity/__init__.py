"""Classes of results that a patient may fear to share, and what policy asks of each."""

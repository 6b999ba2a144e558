export class AftermatchError extends Error {
  constructor(status, code, errors) {
    super(errors.join("; "));
    Object.assign(this, { name: "AftermatchError", status, code, errors });
  }
}

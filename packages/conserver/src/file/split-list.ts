/** The items of a list as conserver.cf(5) has them: between commas and blanks of any number. */
export function splitList(value: string): readonly string[] {
  return value.split(/[, \f\v\t\n\r]+/).filter((item) => item !== "");
}

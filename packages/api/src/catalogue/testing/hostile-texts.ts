/** What gets out of a line, a quotation, a directive or a variable of some format, wherever in a text it stands. */
const characters = [
  ...['\n', '\r', '\0', '\u2028', '\u202e', ' ', 'é', '%', '{', '}', '{$X}', '$', '$(id)', '`', '"', "'", '\\'],
  ...[';', '#', '*', '|', '&'],
  // A line of other systems, half a character, and what is trimmed without a word.
  ...['\u0085', '\ud800', '\udfff', '\u00a0', '\ufeff', '\t', '\u007f'],
]

/** What an option, a folder above or another host begins with. */
const beginnings = ['-', '--config=', '../', '/../', '//']

const whole = [
  ...['', 'a\nb', 'a\rb', 'a\0b', 'a%b', '%h', '{}', '{$HOME}', '$X', '`id`', 'a;b', ';reboot', 'a|b', 'a&b', '~'],
  ...['-x', '--x=y', '..', '../../etc/passwd', '/a/../b', 'nginx=1'],
]

/** What somebody would write into a field to get out of it, alone and beside what belongs there. */
export function hostileTexts(value: string): string[] {
  return [
    ...characters.flatMap((character) => [character, `${character}${value}`, `${value}${character}`]),
    ...beginnings.flatMap((beginning) => [beginning, `${beginning}${value}`]),
    ...whole,
    `${value}/../../x`,
  ]
}

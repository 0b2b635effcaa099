import { shellQuote } from '../shell-quote.ts'
import type { Place, Word } from './words.ts'

export function zshScript(places: Place[]): string {
  const deeper = places.slice(1).map(({ path }) => shellQuote(path))
  const answers = places.map(({ path, commands, options }) => {
    return `    ${shellQuote(path)}) candidates=(${[...commands, ...options].map(candidate).join(' ')}) ;;`
  })
  return `#compdef ikoma
# source <(ikoma completion zsh)
_ikoma() {
  local place=ikoma word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
      ${deeper.join('|')}) place="$place $word" ;;
    esac
  done
  case "$place" in
${answers.join('\n')}
  esac
  _describe ikoma candidates || _files
}
if [[ "$funcstack[1]" = _ikoma ]]; then _ikoma "$@"; else compdef _ikoma ikoma; fi
`
}

/** _describe parts a word from its description at the first colon. */
function candidate({ text, says }: Word): string {
  return shellQuote(`${text.replaceAll(':', '\\:')}:${says}`)
}

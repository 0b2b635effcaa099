import { shellQuote } from '../shell-quote.ts'
import type { Place } from './words.ts'

export function bashScript(places: Place[]): string {
  const deeper = places.slice(1).map(({ path }) => shellQuote(path))
  const answers = places.map(({ path, commands, options }) => {
    const words = [...commands, ...options].map(({ text }) => text).join(' ')
    return `    ${shellQuote(path)}) candidates=${shellQuote(words)} ;;`
  })
  return `# source <(ikoma completion bash)
_ikoma() {
  local place=ikoma word candidates=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$place $word" in
      ${deeper.join('|')}) place="$place $word" ;;
    esac
  done
  case "$place" in
${answers.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ikoma ikoma
`
}

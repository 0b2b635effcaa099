import type { Place, Word } from './words.ts'

export function fishScript(places: Place[]): string {
  const deeper = places.slice(1).map(({ path }) => quote(path))
  const lines = places.flatMap(({ path, commands, options }) => {
    const here = `complete -c ikoma -n ${quote(`test (__ikoma_place) = ${quote(path)}`)}`
    const ofCommand = ({ text, says }: Word) => `${here} -a ${quote(text)} -d ${quote(says)}`
    const ofOption = ({ text, says, takesValue }: Word) =>
      `${here} -l ${quote(text.slice(2))}${takesValue ? ' -r' : ''} -d ${quote(says)}`
    return [...(commands.length > 0 ? [`${here} -f`] : []), ...commands.map(ofCommand), ...options.map(ofOption)]
  })
  return `# ikoma completion fish | source
function __ikoma_place
  set -l place ikoma
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
      case ${deeper.join(' ')}
        set place "$place $word"
    end
  end
  echo $place
end
${lines.join('\n')}
`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

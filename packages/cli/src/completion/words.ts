import { type Command, Help } from 'commander'

export interface Word {
  text: string
  says: string
  takesValue: boolean
}

/** A command by its path (`ikoma order list`) and the words that may follow it. */
export interface Place {
  path: string
  commands: Word[]
  options: Word[]
}

const help = new Help()

/** Every command of the tree with what may be typed after it. */
export function wordsOf(root: Command): Place[] {
  const shared = optionWords(root)
  const visit = (command: Command, path: string): Place[] => {
    const own = command === root ? [] : optionWords(command)
    const visible = help.visibleCommands(command)
    const commands = visible.map((sub) => ({ text: sub.name(), says: sub.summary(), takesValue: false }))
    const here = { path, commands, options: [...own, ...shared] }
    return [here, ...visible.flatMap((sub) => visit(sub, `${path} ${sub.name()}`))]
  }
  return visit(root, root.name())
}

function optionWords(command: Command): Word[] {
  return command.options.flatMap(({ long, hidden, description, required }) =>
    long && !hidden ? [{ text: long, says: description, takesValue: required }] : [],
  )
}

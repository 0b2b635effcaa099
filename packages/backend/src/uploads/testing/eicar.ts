/** The text that every scanner calls a virus and that is none (eicar.org), in two parts, so that this file is not called one. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD', '-ANTIVIRUS-TEST-FILE!$H+H*'].join('')

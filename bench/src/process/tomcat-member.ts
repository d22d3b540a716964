import { LineProcess } from './line-process.js'
import type { TomcatProgram } from './tomcat-program.js'

/** One JVM with a clustered Tomcat (see tomcat/TomcatMember.java). */
export function tomcatMember({ classPath }: TomcatProgram, tcpPort: number, multicastPort: number): LineProcess {
  return new LineProcess({
    name: `TomcatMember ${tcpPort}`,
    command: 'java',
    args: ['-cp', classPath, 'TomcatMember', `${tcpPort}`, `${multicastPort}`],
  })
}

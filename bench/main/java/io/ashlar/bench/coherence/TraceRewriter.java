// SPDX-License-Identifier: Apache-2.0
package io.ashlar.bench.coherence;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.Set;

/**
 * Rewrites classes so that they tell {@link Trace} of each access to memory just before it is made:
 * fields, elements of arrays, and what goes through a {@code VarHandle} or an atomic object; and
 * call {@link Substitutes}.
 *
 * <p>Left as they are: constructors and class initialisers, in which objects are not shared yet,
 * and static fields, which nothing writes after that.
 */
final class TraceRewriter {

  private static final ClassDesc TRACE = ClassDesc.of(Trace.class.getName());
  private static final ClassDesc SUBSTITUTES = ClassDesc.of(Substitutes.class.getName());
  private static final ClassDesc VAR_HANDLE = ClassDesc.of("java.lang.invoke.VarHandle");
  private static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
  private static final String ATOMIC = "java/util/concurrent/atomic/Atomic";

  private static final MethodTypeDesc FIELD =
      MethodTypeDesc.ofDescriptor("(Ljava/lang/Object;IZ)V");
  private static final MethodTypeDesc HANDLE =
      MethodTypeDesc.ofDescriptor("(Ljava/lang/invoke/VarHandle;Ljava/lang/Object;Z)V");
  private static final MethodTypeDesc OBJECT =
      MethodTypeDesc.ofDescriptor("(Ljava/lang/Object;Z)V");
  private static final MethodTypeDesc ADDRESS = MethodTypeDesc.ofDescriptor("(JZ)V");

  private static final Set<String> SUBSTITUTED_OWNERS =
      Set.of(
          "java/lang/System",
          "java/lang/Thread",
          "java/lang/Runtime",
          "java/lang/foreign/MemorySegment",
          "java/util/Arrays",
          "java/util/concurrent/locks/ReentrantLock");

  /** Names with descriptors. */
  private static final Set<String> SUBSTITUTED = substituted();

  private TraceRewriter() {}

  private static Set<String> substituted() {
    Set<String> methods = new HashSet<>();
    for (Method method : Substitutes.class.getMethods()) {
      methods.add(
          method.getName()
              + MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                  .descriptorString());
    }
    return methods;
  }

  /**
   * Rewrites a class.
   *
   * @param bytes of its file
   * @return those of what it becomes
   */
  static byte[] rewrite(byte[] bytes) {
    ClassFile files = ClassFile.of();
    ClassModel model = files.parse(bytes);
    return files.transformClass(
        model,
        ClassTransform.transformingMethodBodies(
            method -> !method.methodName().stringValue().startsWith("<"), TraceRewriter::rewrite));
  }

  private static void rewrite(CodeBuilder code, CodeElement element) {
    if (element instanceof FieldInstruction field) {
      before(code, field);
    } else if (element instanceof ArrayLoadInstruction) {
      code.dup2().iconst_0().invokestatic(TRACE, "element", FIELD);
    } else if (element instanceof ArrayStoreInstruction store) {
      int value = spill(code, store.typeKind());
      code.dup2().iconst_1().invokestatic(TRACE, "element", FIELD);
      code.loadLocal(store.typeKind(), value);
    } else if (element instanceof InvokeInstruction call) {
      if (isSubstituted(call)) {
        code.invokestatic(SUBSTITUTES, call.name().stringValue(), withReceiver(call));
        return;
      }
      before(code, call);
    }
    code.with(element);
  }

  private static int spill(CodeBuilder code, TypeKind kind) {
    int local = code.allocateLocal(kind);
    code.storeLocal(kind, local);
    return local;
  }

  private static void before(CodeBuilder code, FieldInstruction field) {
    String owner = field.owner().asInternalName().replace('/', '.');
    int number = Trace.field(owner, field.name().stringValue());
    if (field.opcode() == Opcode.GETFIELD) {
      code.dup().loadConstant(number).iconst_0().invokestatic(TRACE, "field", FIELD);
    } else if (field.opcode() == Opcode.PUTFIELD) {
      TypeKind kind = TypeKind.from(field.typeSymbol());
      int value = spill(code, kind);
      code.dup().loadConstant(number).iconst_1().invokestatic(TRACE, "field", FIELD);
      code.loadLocal(kind, value);
    }
  }

  private static MethodTypeDesc withReceiver(InvokeInstruction call) {
    return call.opcode() == Opcode.INVOKESTATIC
        ? call.typeSymbol()
        : call.typeSymbol().insertParameterTypes(0, call.owner().asSymbol());
  }

  private static boolean isSubstituted(InvokeInstruction call) {
    return SUBSTITUTED_OWNERS.contains(call.owner().asInternalName())
        && SUBSTITUTED.contains(call.name().stringValue() + withReceiver(call).descriptorString());
  }

  private static void before(CodeBuilder code, InvokeInstruction call) {
    boolean byHandle = call.owner().asSymbol().equals(VAR_HANDLE);
    boolean atomic = call.owner().asInternalName().startsWith(ATOMIC);
    if (call.opcode() != Opcode.INVOKEVIRTUAL || !(byHandle || atomic)) {
      return;
    }
    MethodTypeDesc type = call.typeSymbol();
    int[] arguments = new int[type.parameterCount()];
    for (int i = arguments.length - 1; i >= 0; i--) {
      arguments[i] = spill(code, TypeKind.from(type.parameterType(i)));
    }
    if (atomic) {
      code.dup();
      trace(code, call, "word", OBJECT);
    } else if (arguments.length > 0 && type.parameterType(0).equals(SEGMENT)) {
      code.lload(arguments[1]);
      trace(code, call, "word", ADDRESS);
    } else if (arguments.length > 0 && type.parameterType(0).isArray()) {
      code.aload(arguments[0]).iload(arguments[1]);
      trace(code, call, "element", FIELD);
    } else if (arguments.length > 0 && isObject(type.parameterType(0))) {
      code.dup().aload(arguments[0]);
      trace(code, call, "field", HANDLE);
    }
    for (int i = 0; i < arguments.length; i++) {
      code.loadLocal(TypeKind.from(type.parameterType(i)), arguments[i]);
    }
  }

  private static boolean isObject(ClassDesc type) {
    return type.isClassOrInterface() && !type.equals(ConstantDescs.CD_String);
  }

  private static void trace(
      CodeBuilder code, InvokeInstruction call, String method, MethodTypeDesc type) {
    code.loadConstant(isWrite(call.name().stringValue()) ? 1 : 0);
    code.invokestatic(TRACE, method, type);
  }

  /** A compare-and-set that fails writes the line too, as processors see it. */
  private static boolean isWrite(String method) {
    return switch (method) {
      case "get", "getPlain", "getOpaque", "getAcquire", "getVolatile" -> false;
      default -> true;
    };
  }
}
